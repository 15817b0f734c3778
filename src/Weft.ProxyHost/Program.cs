using System.Runtime.InteropServices;
using Weft.Proxy.Configuration;
using Weft.Proxy.Hosting;
using Weft.ProxyHost;

if (args.Any(a => a is "-h" or "--help"))
{
    Console.Write(CommandLine.Help);
    return 0;
}

if (args.Contains("--version"))
{
    Console.WriteLine($"weft-proxy {typeof(ProxyProcess).Assembly.GetName().Version?.ToString(3)}");
    return 0;
}

if (CommandLine.Parse(args, out bool validateOnly, out int? image, out string error) is not { } options)
{
    Console.Error.WriteLine(error);
    return 2;
}

byte[]? handed = image is { } descriptor ? BootstrapImage.Take(descriptor) : null;
if (image is not null && handed is null)
{
    Console.Error.WriteLine($"The descriptor {image} holds no bootstrap: {BootstrapImage.Argument} is for weft-proxy's own use.");
    return 1;
}

BootstrapResult result = handed is not null
    ? BootstrapLoader.ParseBytes(options.BootstrapFile, handed, TimeProvider.System)
    : BootstrapLoader.Load(options.BootstrapFile, TimeProvider.System);
if (result.Bootstrap is not { } bootstrap)
{
    foreach (BootstrapError mistake in result.Errors) Console.Error.WriteLine(mistake);
    return 1;
}

if (validateOnly)
{
    Console.WriteLine($"{options.BootstrapFile} is valid.");
    return 0;
}

// Does not come back but where the system refuses it; then this image serves, with the schemas in its memory.
if (image is null && !result.Encoded.IsEmpty) BootstrapImage.Become(args, result.Encoded.Span);

using CancellationTokenSource ended = new();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = true;
    ended.Cancel();
}

using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
ProxyLog log = new(Console.Error, options.LogLevel, TimeProvider.System);
await using ProxyProcess process = new(options, bootstrap, log, TimeProvider.System);
try
{
    await process.StartAsync(ended.Token);
}
catch (ProxyStartException e)
{
    log.Error(e.Message);
    return 2;
}
catch (OperationCanceledException)
{
    // Told to end before it had taken over: the process that serves goes on.
    return 0;
}

await Task.WhenAny(Task.Delay(Timeout.Infinite, ended.Token), process.QuitRequested, process.TakenOver);
await process.StopAsync();
return 0;
