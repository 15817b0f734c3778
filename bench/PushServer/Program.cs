using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Bench.PushServer;

// push-server XDS_PORT LISTEN_PORT SERVICES BACKEND_PORTS PREFIXES (the last two comma-separated)
// Reads lines: "push" sends the other variant of the whole configuration, "report" prints one line of counts; ends with its input.
if (args.Length != 5)
{
    Console.Error.WriteLine("usage: push-server XDS_PORT LISTEN_PORT SERVICES BACKEND_PORT,... PREFIX,...");
    return 2;
}

int xdsPort = int.Parse(args[0], CultureInfo.InvariantCulture);
int listenPort = int.Parse(args[1], CultureInfo.InvariantCulture);
int services = int.Parse(args[2], CultureInfo.InvariantCulture);
int[] backends = [.. args[3].Split(',').Select(port => int.Parse(port, CultureInfo.InvariantCulture))];
string[] prefixes = args[4].Split(',');
MeshView[] variants =
[
    MeshView.Create("a", services, listenPort, backends, prefixes),
    MeshView.Create("b", services, listenPort, backends, prefixes),
];
PushService service = new(variants[0]);
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, xdsPort, listen => listen.Protocols = HttpProtocols.Http2));
builder.Services.AddGrpc();
builder.Services.AddSingleton(service);
await using WebApplication app = builder.Build();
app.MapGrpcService<PushService>();
await app.StartAsync();
Console.WriteLine("ready");
for (int pushes = 0; await Console.In.ReadLineAsync() is { } line;)
{
    if (line == "push") service.Publish(variants[++pushes % 2]);
    else Console.WriteLine($"{pushes} {service.Sent} {service.Acknowledged} {service.Refusals.Count} {string.Join(' ', service.Refusals).ReplaceLineEndings(" ")}");
}

return 0;
