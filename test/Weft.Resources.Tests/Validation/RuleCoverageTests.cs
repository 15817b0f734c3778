using System.Reflection;
using System.Text.RegularExpressions;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Tests.Validation;

/// <summary>
/// Every place that refuses a field has a test: each line of <c>src/Weft.Resources/Validation</c> that reports, or that asks a shared rule
/// to, has raised a finding in at least one document of the tests beside this one or of the catalogue's examples.
/// </summary>
public sealed partial class RuleCoverageTests
{
    [Fact]
    public void EveryRule_IsRaisedByADocument()
    {
        HashSet<string> raised = new(StringComparer.Ordinal);
        MarkedDocument.Observer.Value = finding => raised.UnionWith(finding.Rule.Split(' '));
        foreach (DiagnosticDefinition definition in DiagnosticCatalog.All.Where(definition => definition.Bad is not null))
            MarkedDocument.Observe(ResourceReader.Read(definition.Bad!, "example.yaml"));
        foreach (Type type in typeof(RuleCoverageTests).Assembly.GetTypes().Where(type => type.Namespace == typeof(RuleCoverageTests).Namespace && type != typeof(RuleCoverageTests)))
            RunAll(type);

        string[] rules = [.. Rules()];
        string[] missing = [.. rules.Where(rule => !raised.Contains(rule.Split(' ')[0]))];
        Assert.True(rules.Length > 400, $"{rules.Length} rules were found in the sources.");
        Assert.True(missing.Length == 0, $"{missing.Length} of {rules.Length} rules are raised by no document of the tests:\n{string.Join('\n', missing)}");
    }

    /// <summary>Lines with a report, or with a call of a shared rule; those of the shared rules themselves count where they report.</summary>
    private static IEnumerable<string> Rules()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Root(), "src", "Weft.Resources", "Validation"), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                if (Rule().IsMatch(lines[i]) && !lines[i].Contains("///", StringComparison.Ordinal) && !lines[i].Contains("public void Report(", StringComparison.Ordinal) && !lines[i].Contains("sink.Report(", StringComparison.Ordinal))
                    yield return $"{Path.GetFileName(file)}:{i + 1} {lines[i].Trim()}";
            }
        }
    }

    private static void RunAll(Type type)
    {
        foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            if (method.GetCustomAttribute<FactAttribute>() is null)
                continue;
            InlineDataAttribute[] rows = [.. method.GetCustomAttributes<InlineDataAttribute>()];
            if (rows.Length == 0 && method.GetParameters().Length == 0)
                method.Invoke(Activator.CreateInstance(type), null);
            foreach (InlineDataAttribute row in rows)
                method.Invoke(Activator.CreateInstance(type), [.. row.Data, .. method.GetParameters().Skip(row.Data.Length).Select(parameter => parameter.DefaultValue)]);
        }
    }

    [GeneratedRegex(@"\.Report\(|(ValueRules|HeaderRules|LabelRules|SelectorRules)\.[A-Z]\w+\((at|place|\w+\[)")]
    private static partial Regex Rule();

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Weft.slnx")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("The tests run inside the repository.");
    }
}
