using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Weft.Mesh.Tests;

/// <summary>
/// The bookshop in a mesh of its own: a copy of its YAML, an ingress port and a state directory that no other mesh has. All its
/// processes carry a mark in their environment, by which any that is left behind is found.
/// </summary>
public sealed partial class RunningMesh : IAsyncLifetime
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private const string MarkVariable = "WEFT_TEST_MARK";
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly string _root = Directory.CreateTempSubdirectory("weft-mesh-").FullName;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _lines = new();
    private Process _supervisor = null!;

    /// <summary>Options of <c>weft up</c> besides those that every test has; set before the mesh starts.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>When above 0: everything of the mesh lies in a file system of its own of this many bytes; needs root.</summary>
    public long DiskBytes { get; init; }

    /// <summary>When above 0: the mesh runs as this user and group, which own its files; needs root.</summary>
    public int User { get; init; }

    /// <summary>Files beside the bookshop's, by name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the mesh's YAML is.</summary>
    public string Yaml => Path.Combine(_root, "mesh");

    /// <summary>The mesh's state directory.</summary>
    public string State => Path.Combine(_root, "state");

    /// <summary>The ingress.</summary>
    public Uri Ingress { get; private set; } = null!;

    /// <summary>From the start of <c>weft up</c> to its word that everything is ready.</summary>
    public TimeSpan TimeToReady { get; private set; }

    /// <summary>The supervisor.</summary>
    public Process Supervisor => _supervisor;

    // False when a test was skipped before its mesh was started.
    private bool HasStarted => _supervisor is not null;

    /// <summary>Everything that <c>weft up</c> said so far.</summary>
    public string Said => string.Join('\n', _lines);

    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 64 }) { Timeout = TimeSpan.FromSeconds(20) };

    public async ValueTask InitializeAsync()
    {
        if (DiskBytes > 0)
            await RunAsync("mount", "-t", "tmpfs", "-o", $"mode=700,size={DiskBytes}", "none", _root);
        int port = FreePort();
        Ingress = new Uri($"http://127.0.0.1:{port}/");
        string bookshop = Path.Combine(WeftInstallation.Checkout, "samples", "bookshop");
        Directory.CreateDirectory(Yaml);
        foreach (string file in Directory.GetFiles(Path.Combine(bookshop, "mesh"), "*.yaml"))
        {
            string text = (await File.ReadAllTextAsync(file)).Replace("8080", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("workingDirectory: ../", $"workingDirectory: {bookshop}/", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(Yaml, Path.GetFileName(file)), text);
        }

        foreach ((string name, string text) in Files)
            await File.WriteAllTextAsync(Path.Combine(Yaml, name), text);
        if (User > 0)
            await RunAsync("chown", "-R", $"{User}:{User}", _root);
        Stopwatch watch = Stopwatch.StartNew();
        _supervisor = Start(["up", Yaml, "--quiet", .. Options]);
        _supervisor.ErrorDataReceived += (_, line) => Hear(line.Data);
        _supervisor.OutputDataReceived += (_, line) => Hear(line.Data);
        _supervisor.BeginErrorReadLine();
        _supervisor.BeginOutputReadLine();
        Task first = await Task.WhenAny(_ready.Task, _supervisor.WaitForExitAsync(), Task.Delay(Deadline));
        TimeToReady = watch.Elapsed;
        Assert.True(first == _ready.Task, $"The mesh did not come up:\n{Said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasStarted)
            return;
        if (!_supervisor.HasExited)
        {
            Signal(_supervisor.Id, "TERM");
            try
            {
                await _supervisor.WaitForExitAsync().WaitAsync(Deadline);
            }
            catch (TimeoutException)
            {
                _supervisor.Kill();
            }
        }

        foreach (int left in Processes())
            Signal(left, "KILL");
        Client.Dispose();
        _supervisor.Dispose();
        if (DiskBytes > 0)
            await RunAsync("umount", "--lazy", _root);
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>Runs a command of <c>weft</c> against this mesh.</summary>
    public async Task<(int Code, string Out, string Error)> WeftAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        using CancellationTokenSource limit = new(Deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts a command of <c>weft</c> in this mesh's environment.</summary>
    public Process Start(IEnumerable<string> arguments)
    {
        // A shell that starts the tests in the background has them ignore SIGINT, and so would everything that they start.
        string[] command = ["env", "--default-signal=INT", .. User > 0 ? (string[])["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", WeftInstallation.Launcher, .. arguments] : [WeftInstallation.Launcher, .. arguments]];
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment[MarkVariable] = _mark;
        start.Environment["WEFT_STATE"] = State;
        start.Environment["WEFT_NO_BUILD"] = "1";
        start.Environment["NO_COLOR"] = "1";
        if (User > 0)
            start.Environment["HOME"] = _root;
        return Process.Start(start)!;
    }

    /// <summary>What <c>weft status -o json</c> says.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        (_, string text, string error) = await WeftAsync("status", "-o", "json");
        return text.Length > 0 ? JsonDocument.Parse(text).RootElement : throw new InvalidOperationException($"weft status said nothing: {error}");
    }

    /// <summary>One workload of the status.</summary>
    public async Task<JsonElement> WorkloadAsync(string name) =>
        (await StatusAsync()).GetProperty("workloads").EnumerateArray().Single(workload => workload.GetProperty("name").GetString() == name);

    /// <summary>The version of reviews that answers, or what went wrong.</summary>
    public async Task<string> VersionAsync(HttpClient? client = null, string? endUser = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(Ingress, "/api/books/1/reviews"));
        if (endUser is not null)
            request.Headers.Add("end-user", endUser);
        using HttpResponseMessage response = await (client ?? Client).SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonDocument.Parse(body).RootElement.GetProperty("version").GetString()! : $"{(int)response.StatusCode} {body}";
    }

    /// <summary>Waits until something holds; asks often, fails with the last answer at the deadline.</summary>
    public static async Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> holds, TimeSpan deadline)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > deadline)
                Assert.Fail($"Not within {deadline.TotalSeconds:0.0} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        return watch.Elapsed;
    }

    /// <summary>Processes of this mesh that run, the supervisor and commands included.</summary>
    public IReadOnlyList<int> Processes()
    {
        List<int> found = [];
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int id))
                continue;
            try
            {
                bool ours = File.ReadAllText(Path.Combine(folder, "environ")).Contains($"{MarkVariable}={_mark}", StringComparison.Ordinal);
                if (ours && File.ReadAllText(Path.Combine(folder, "stat")).Split(')')[^1].TrimStart()[0] != 'Z')
                    found.Add(id);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is somebody else's.
            }
        }

        return found;
    }

    /// <summary>Sends a signal by its name.</summary>
    public static void Signal(int process, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>A port of 127.0.0.1 that is free now.</summary>
    public static int FreePort()
    {
        // Not one that the kernel gives to outgoing connections, which could take it before the mesh listens.
        while (true)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                int port = Random.Shared.Next(10_000, 20_000);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next one.
            }
        }
    }

    /// <summary>Writes into the mesh's own file system until nothing more fits; the file is what has to go to make room.</summary>
    public string FillDisk()
    {
        string path = Path.Combine(_root, "filling");
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true)
                file.Write(page);
        }
        catch (IOException)
        {
            return path;
        }
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    [GeneratedRegex(@"(\d+) of (\d+) workloads ready")]
    private static partial Regex ReadyLine();

    private void Hear(string? line)
    {
        if (line is null)
            return;
        _lines.Enqueue(line);
        Match match = ReadyLine().Match(line);
        if (match.Success && match.Groups[1].Value == match.Groups[2].Value)
            _ready.TrySetResult();
    }
}
