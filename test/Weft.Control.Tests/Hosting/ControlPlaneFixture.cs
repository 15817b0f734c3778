using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Weft.Control.Hosting;

namespace Weft.Control.Tests.Hosting;

/// <summary>A real control plane over a directory of its own, on free ports, with clients for its three doors.</summary>
internal sealed class ControlPlaneFixture : IAsyncDisposable
{
    private readonly string _root;

    private ControlPlaneFixture(string root, WeftControlPlane plane)
    {
        _root = root;
        Plane = plane;
        Clear = GrpcChannel.ForAddress($"http://127.0.0.1:{plane.DiscoveryPort}");
        Secure = GrpcChannel.ForAddress($"https://127.0.0.1:{plane.SecurePort}", new GrpcChannelOptions { HttpHandler = TrustingRoot(plane) });
        Local = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, stop) => ConnectAsync(Path.Combine(root, "control.sock"), stop) })
        {
            BaseAddress = new Uri("http://control"),
            Timeout = TimeSpan.FromSeconds(10),
        };
    }

    public WeftControlPlane Plane { get; }

    public string Config => Path.Combine(_root, "config");

    public string State => Path.Combine(_root, "state");

    public List<string> Reports { get; private init; } = [];

    public GrpcChannel Clear { get; }

    public GrpcChannel Secure { get; }

    public HttpClient Local { get; }

    public static async Task<ControlPlaneFixture> StartAsync(params (string File, string Yaml)[] files)
    {
        string root = Directory.CreateTempSubdirectory("weft-control-").FullName;
        Directory.CreateDirectory(Path.Combine(root, "config"));
        foreach ((string file, string yaml) in files)
            await File.WriteAllTextAsync(Path.Combine(root, "config", file), yaml);
        List<string> reports = [];
        WeftControlPlane plane = await WeftControlPlane.StartAsync(
            new ControlPlaneOptions
            {
                Directory = Path.Combine(root, "config"),
                StateDirectory = Path.Combine(root, "state"),
                AdminSocket = Path.Combine(root, "control.sock"),
                RegistrationsDirectory = Path.Combine(root, "registrations"),
                DiscoveryPort = 0,
                SecurePort = 0,
            },
            TimeProvider.System,
            line =>
            {
                lock (reports)
                    reports.Add(line);
            });
        return new ControlPlaneFixture(root, plane) { Reports = reports };
    }

    public static CallOptions Within(int seconds, string? token = null)
    {
        Metadata headers = [];
        if (token is not null)
            headers.Add("authorization", $"Bearer {token}");
        return new CallOptions(headers, TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds));
    }

    public void Write(string file, string yaml)
    {
        // Written aside and moved into place, as editors do.
        string aside = Path.Combine(_root, file + ".tmp");
        File.WriteAllText(aside, yaml);
        File.Move(aside, Path.Combine(Config, file), overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        Clear.Dispose();
        Secure.Dispose();
        Local.Dispose();
        await Plane.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static SocketsHttpHandler TrustingRoot(WeftControlPlane plane) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = Policy(plane),
        },
    };

    private static X509ChainPolicy Policy(WeftControlPlane plane)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        foreach (X509Certificate2 root in plane.TrustBundle.Roots)
            policy.CustomTrustStore.Add(root);
        return policy;
    }

    private static async ValueTask<Stream> ConnectAsync(string socket, CancellationToken stop)
    {
        Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), stop);
        return new NetworkStream(connection, ownsSocket: true);
    }
}
