using System.Diagnostics;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Telemetry.AccessLogs;

namespace Weft.Proxy.Tests.Telemetry;

public sealed class AccessLogOutputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-log-").FullName;
    private readonly List<string> _said = [];

    private string LogPath => Path.Combine(_folder, "access.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lines_OfSeveralWorkers_ArriveWholeAndInOrder()
    {
        using (ProxyTelemetry telemetry = Create())
        {
            await Task.WhenAll(Enumerable.Range(0, 2).Select(number =>
            {
                HttpTelemetry http = Http(telemetry, LogPath, $"worker{number} %RESPONSE_CODE% {new string('x', 200)}\n");
                return Task.Run(() =>
                {
                    for (int i = 0; i < 1000; i++) http.Record(new ExchangeRecord { Status = i });
                });
            })).WaitAsync(TimeSpan.FromSeconds(20));
        }

        string[] lines = File.ReadAllLines(LogPath);
        for (int number = 0; number < 2; number++)
        {
            Assert.Equal(
                Enumerable.Range(0, 1000).Select(i => $"worker{number} {i} {new string('x', 200)}"),
                lines.Where(line => line.StartsWith($"worker{number} ", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Line_WithoutFurtherTraffic_IsWrittenWithinSeconds()
    {
        using ProxyTelemetry telemetry = Create();
        Http(telemetry, LogPath, "%RESPONSE_CODE%\n").Record(new ExchangeRecord { Status = 204 });
        Assert.Equal("204\n", await ReadWhen(LogPath, text => text.Length > 0));
    }

    [Fact]
    public async Task Reopen_AfterTheFileWasMoved_WritesToANewOne()
    {
        using ProxyTelemetry telemetry = Create();
        HttpTelemetry http = Http(telemetry, LogPath, "%RESPONSE_CODE%\n");
        http.Record(new ExchangeRecord { Status = 200 });
        await ReadWhen(LogPath, text => text.Length > 0);
        File.Move(LogPath, LogPath + ".1");
        telemetry.ReopenLogs();
        http.Record(new ExchangeRecord { Status = 201 });
        string fresh = await ReadWhen(LogPath, text => text.Length > 0, () => http.Record(new ExchangeRecord { Status = 201 }));
        Assert.StartsWith("201\n", fresh);
        Assert.StartsWith("200\n", File.ReadAllText(LogPath + ".1"));
    }

    [Fact]
    public void BlockedPipe_CostsLinesAndNeverTheWorkersTime()
    {
        using (Process mkfifo = Process.Start("mkfifo", LogPath))
            Assert.True(mkfifo.WaitForExit(10_000));
        using ProxyTelemetry telemetry = Create();
        HttpTelemetry http = Http(telemetry, LogPath, null);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100_000; i++) http.Record(new ExchangeRecord { Status = 200 });
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        long dropped = telemetry.GlobalStats.Single(stat => stat.Name == "weft.access_log_dropped").Read();
        Assert.InRange(dropped, 90_000, 100_000);
        // Let the writer go: it waits in open(2) for a reader.
        File.OpenRead(LogPath).Dispose();
    }

    [Fact]
    public async Task FullDisk_IsSaidOnceAndCounted()
    {
        using ProxyTelemetry telemetry = Create();
        HttpTelemetry http = Http(telemetry, "/dev/full", "%RESPONSE_CODE%\n");
        GlobalStat dropped = telemetry.GlobalStats.Single(stat => stat.Name == "weft.access_log_dropped");
        for (int i = 1; i <= 3; i++)
        {
            http.Record(new ExchangeRecord { Status = 200 });
            await Until(() => dropped.Read() >= i);
        }

        lock (_said)
            Assert.Contains("/dev/full", Assert.Single(_said));
    }

    [Fact]
    public async Task DiskThatIsFullForAWhile_CutsOneLineAtMost()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a file system needs root.");
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "none", _folder);
        try
        {
            string line = new('x', 299);
            using ProxyTelemetry telemetry = Create();
            HttpTelemetry http = Http(telemetry, LogPath, $"{line}\n");
            GlobalStat dropped = telemetry.GlobalStats.Single(stat => stat.Name == "weft.access_log_dropped");
            http.Record(new ExchangeRecord { Status = 200 });
            await ReadWhen(LogPath, text => text.Length == 300);

            // The log has the rest of its page; a page is not a whole number of lines.
            string filling = Path.Combine(_folder, "filling");
            Fill(filling);
            for (int i = 0; i < 30; i++) http.Record(new ExchangeRecord { Status = 200 });
            await Until(() => dropped.Read() > 0);
            File.Delete(filling);
            long cut = new FileInfo(LogPath).Length;
            http.Record(new ExchangeRecord { Status = 200 });
            string text = await ReadWhen(LogPath, text => text.Length >= cut + 300);

            Assert.NotEqual(0, cut % 300);
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            Assert.Single(text.TrimEnd('\n').Split('\n'), part => part != line);
            lock (_said)
                Assert.Contains(LogPath, Assert.Single(_said));
        }
        finally
        {
            await RunAsync("umount", "--lazy", _folder);
        }
    }

    [Fact]
    public void FilteredLog_TakesOnlyItsFlags()
    {
        using (ProxyTelemetry telemetry = Create())
        {
            HttpTelemetry http = Http(telemetry, LogPath, "%RESPONSE_CODE% %RESPONSE_FLAGS%\n", ["UH", "UF"]);
            http.Record(new ExchangeRecord { Status = 200 });
            http.Record(new ExchangeRecord { Status = 503, Flags = ResponseFlags.NoHealthyUpstream });
            http.Record(new ExchangeRecord { Status = 504, Flags = ResponseFlags.UpstreamRequestTimeout });
        }

        Assert.Equal("503 UH\n", File.ReadAllText(LogPath));
    }

    [Fact]
    public void Logging_InSteadyState_AllocatesNothing()
    {
        using ProxyTelemetry telemetry = Create();
        HttpTelemetry http = Http(telemetry, "/dev/null", null);
        long before = 0;
        for (int i = 0; i < 4000; i++)
        {
            if (i == 2000) before = GC.GetAllocatedBytesForCurrentThread();
            http.Record(new ExchangeRecord { Status = 200, RouteName = "default", RequestId = "some id"u8, Details = "via_upstream"u8 });
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Ring_AcrossItsEnd_KeepsBytes()
    {
        using LogRing ring = new(64);
        StringBuilder seen = new();
        StringBuilder expected = new();
        for (int i = 0; i < 100; i++)
        {
            string line = $"line {i}\n";
            ring.Add(Encoding.ASCII.GetBytes(line));
            expected.Append(line);
            if (i % 3 != 0) continue;
            for (ReadOnlySpan<byte> part = ring.Peek(); !part.IsEmpty; part = ring.Peek())
            {
                seen.Append(Encoding.ASCII.GetString(part));
                ring.Advance(part.Length);
            }
        }

        Assert.Equal(expected.ToString(), seen.ToString());
        Assert.Equal(0, ring.Dropped);
        Assert.False(ring.Add(new byte[65]));
        Assert.Equal(1, ring.Dropped);
    }

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // Nothing more fits.
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, process.ExitCode);
    }

    private ProxyTelemetry Create() => new(WorkloadLabels.Unknown, log: sentence =>
    {
        lock (_said)
            _said.Add(sentence);
    });

    private static HttpTelemetry Http(ProxyTelemetry telemetry, string path, string? format, IReadOnlyList<string>? flags = null) =>
        telemetry.CreateWorker().Http(HttpTelemetryTests.Listener(TrafficDirection.Outbound), new HttpConnectionManagerModel
        {
            StatPrefix = "log",
            AccessLogs = [new AccessLogModel { Path = path, TextFormat = format, ResponseFlags = flags ?? [] }],
        });

    private static async Task<string> ReadWhen(string path, Func<string, bool> ready, Action? again = null)
    {
        string text = "";
        await Until(() =>
        {
            again?.Invoke();
            return ready(text = File.Exists(path) ? File.ReadAllText(path) : "");
        });
        return text;
    }

    private static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(15));
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (!condition()) await timer.WaitForNextTickAsync(deadline.Token);
    }
}
