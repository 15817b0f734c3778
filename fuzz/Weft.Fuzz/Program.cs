using System.Diagnostics;
using System.Globalization;
using Weft.Fuzz;

// fuzz/run TARGET|all [--executions N] [--seed S] [--corpus DIRECTORY] [--keep DIRECTORY]
if (args.Length == 0 || args.Length % 2 == 0)
{
    Console.Error.WriteLine("fuzz/run TARGET|all [--executions N] [--seed S] [--corpus DIRECTORY] [--keep DIRECTORY]");
    Console.Error.WriteLine($"TARGET: {string.Join(", ", FuzzTargets.Create().Select(static target => target.Name))}");
    return 2;
}

Dictionary<string, string> options = new() { ["--executions"] = "1000000", ["--seed"] = "1", ["--corpus"] = "fuzz/corpus", ["--keep"] = "" };
for (int i = 1; i < args.Length; i += 2)
{
    if (!options.ContainsKey(args[i]))
    {
        Console.Error.WriteLine($"There is no option {args[i]}.");
        return 2;
    }

    options[args[i]] = args[i + 1];
}

int seed = int.Parse(options["--seed"], CultureInfo.InvariantCulture);
long executions = long.Parse(options["--executions"], CultureInfo.InvariantCulture);
foreach (FuzzTarget target in args[0] == "all" ? FuzzTargets.Create() : [FuzzTargets.Create(args[0])])
{
    string corpus = Path.Combine(options["--corpus"], target.Name);
    byte[][] seeds = Directory.Exists(corpus) ? [.. Directory.GetFiles(corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
    Fuzzer fuzzer = new(target, seeds, seed);
    Stopwatch watch = Stopwatch.StartNew();
    try
    {
        fuzzer.Run(executions);
    }
    catch (Exception finding)
    {
        string file = $"finding-{target.Name}-{seed}.bin";
        File.WriteAllBytes(file, fuzzer.Current);
        Console.WriteLine($"{target.Name}: {finding}");
        Console.WriteLine($"The input is in {file}.");
        return 1;
    }

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {executions} executions with seed {seed}, {seeds.Length} seeds, {fuzzer.Shapes} shapes of outcome, {watch.Elapsed.TotalSeconds:F0} s, no finding"));
    if (options["--keep"].Length == 0) continue;
    string keep = Path.Combine(options["--keep"], target.Name);
    Directory.CreateDirectory(keep);
    for (int i = seeds.Length; i < Math.Min(fuzzer.Pool.Count, seeds.Length + 100); i++) File.WriteAllBytes(Path.Combine(keep, $"found-{seed}-{i:D4}.bin"), fuzzer.Pool[i]);
}

return 0;
