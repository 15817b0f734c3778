using System.Diagnostics;
using System.Globalization;
using Weft.Kernel.Bpf;
using Weft.Kernel.ControlGroups;

namespace Weft.Kernel.Tests.Bpf;

/// <summary>Socket acceleration on the running kernel: real programs in a real control group, with Python as the foreign peer on both ends.</summary>
[Collection("control group of this process")]
public sealed class SocketAccelerationTests : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly string _name = "weft-test-" + Guid.NewGuid().ToString("N")[..8];
    private ControlGroup? _group;
    private SocketAcceleration? _acceleration;

    public async ValueTask DisposeAsync()
    {
        if (_acceleration is not null && SocketAcceleration.All().Any(one => one.Name == _name))
            await _acceleration.DetachAsync(TimeSpan.Zero);
        _group?.TryRemove();
    }

    [RootFact]
    public async Task TheSelfTest_PassesHere() => Assert.Null(await AccelerationSelfTest.RunAsync());

    [RootFact]
    public async Task Connections_InTheGroup_GoStraight()
    {
        Attach();
        Assert.Equal("ok", await PythonAsync(Echo, inGroup: true));
        AccelerationCounters counters = _acceleration!.Read();
        Assert.Equal((2UL, 0UL), (counters.Joined, counters.PassedMessages));
        Assert.Equal((200UL, 200_000UL), (counters.ForwardedMessages, counters.ForwardedBytes));
    }

    [RootFact]
    public async Task Connections_OverIpv6AndMappedIpv4_GoStraightToo()
    {
        Attach();
        Assert.Equal("ok", await PythonAsync(Echo.Replace("AF_INET,", "AF_INET6,", StringComparison.Ordinal).Replace("127.0.0.1", "::1", StringComparison.Ordinal), inGroup: true));
        Assert.Equal(200UL, _acceleration!.Read().ForwardedMessages);
        // A listener for both families whose client speaks IPv4: its end has IPv4-mapped addresses.
        Assert.Equal("ok", await PythonAsync(Echo.Replace("AF_INET,", "AF_INET6,", StringComparison.Ordinal).Replace("('127.0.0.1', 0)", "('::', 0)", StringComparison.Ordinal), inGroup: true));
        Assert.Equal(400UL, _acceleration!.Read().ForwardedMessages);
    }

    [RootFact]
    public async Task Connections_OutsideTheGroup_AreNotTouched()
    {
        Attach();
        Assert.Equal("ok", await PythonAsync(Echo, inGroup: false));
        Assert.Equal(new AccelerationCounters(0, 0, 0, 0, 0), _acceleration!.Read());
    }

    [RootFact]
    public async Task Bypass_LetsTcpCarryWhatFollows_AndNothingIsLost()
    {
        Attach();
        _acceleration!.Bypass(on: true);
        Assert.Equal("ok", await PythonAsync(Echo, inGroup: true));
        Assert.Equal((0UL, 200UL), (_acceleration.Read().ForwardedMessages, _acceleration.Read().PassedMessages));
        _acceleration.Bypass(on: false);
        Assert.Equal("ok", await PythonAsync(Echo, inGroup: true));
        Assert.Equal(200UL, _acceleration.Read().ForwardedMessages);
    }

    /// <summary>Much data for a reader that begins late: what waits is bounded, and the stream is whole although it changes from one way to the other.</summary>
    [RootFact]
    public async Task ALateReader_GetsEveryByteInOrder()
    {
        Attach();
        Assert.Equal("ok", await PythonAsync(LateReader, inGroup: true));
        AccelerationCounters counters = _acceleration!.Read();
        Assert.True(counters is { ForwardedMessages: > 0, PassedMessages: > 0 }, counters.ToString());
    }

    /// <summary>Many connections that send three pieces the moment they are made: the other end is joined in time, or TCP carries all of it.</summary>
    [RootFact]
    public async Task PiecesSentAtOnce_KeepTheirOrder()
    {
        Attach();
        Assert.Equal("ok", await PythonAsync(ManyShort, inGroup: true));
    }

    [RootFact]
    public async Task Detach_InTheMiddleOfATransfer_LosesNothing()
    {
        Attach();
        Task<string> transfer = PythonAsync(Steady, inGroup: true);
        await Until(() => _acceleration!.Read().ForwardedMessages > 100);
        await _acceleration!.DetachAsync(TimeSpan.FromSeconds(1));
        Assert.Equal("ok", await transfer);
        Assert.DoesNotContain(SocketAcceleration.All(), one => one.Name == _name);
    }

    [RootFact]
    public void Attach_InTheSameName_ReplacesWhatWasThere()
    {
        Attach();
        _acceleration = SocketAcceleration.Attach(_name, _group!);
        Assert.Single(SocketAcceleration.All(), one => one.Name == _name);
    }

    [RootFact]
    public void BadNamesAndPaths_AreSentences()
    {
        KernelOperationException error = Assert.Throws<KernelOperationException>(() => ControlGroup.Open("/tmp"));
        Assert.Contains("/tmp is no control group", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<KernelOperationException>(() => SocketAcceleration.Attach("../x", ControlGroup.Current()));
        Assert.Contains("is no name", error.Message, StringComparison.Ordinal);
    }

    private void Attach()
    {
        _group = ControlGroup.Create(_name);
        _acceleration = SocketAcceleration.Attach(_name, _group);
    }

    private static async Task Until(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < s_deadline, "The condition did not come true.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private async Task<string> PythonAsync(string script, bool inGroup)
    {
        string join = inGroup ? $"open('{_group!.Path}/cgroup.procs', 'w').write('0')\n" : "";
        ProcessStartInfo start = new("python3", ["-c", Prelude + "\n" + join + script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        using CancellationTokenSource deadline = new(s_deadline);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token), errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0 ? (await output).Trim() : $"exit code {process.ExitCode.ToString(CultureInfo.InvariantCulture)}: {await errors}";
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private const string Prelude = """
        import socket, threading, time, hashlib
        socket.setdefaulttimeout(30)
        def exactly(peer, count):
            data = b''
            while len(data) < count:
                more = peer.recv(count - len(data))
                if not more: break
                data += more
            return data
        """;

    private const string Echo = """
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        def serve():
            peer, _ = listener.accept()
            for _ in range(100):
                data = exactly(peer, 1000)
                peer.sendall(data)
            peer.recv(1)
        server = threading.Thread(target=serve)
        server.start()
        name = listener.getsockname()
        client = socket.create_connection(('127.0.0.1' if name[0] == '::' else name[0], name[1]))
        for number in range(100):
            block = bytes([number]) * 1000
            client.sendall(block)
            assert exactly(client, 1000) == block
        client.close()
        server.join()
        print('ok')
        """;

    private const string LateReader = """
        listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen()
        blocks = [hashlib.sha256(str(n).encode()).digest() * 256 for n in range(4096)]
        def send():
            peer = socket.create_connection(listener.getsockname())
            for block in blocks: peer.sendall(block)
            peer.shutdown(socket.SHUT_WR)
            assert peer.recv(4) == b'done'
        sender = threading.Thread(target=send); sender.start()
        peer, _ = listener.accept()
        time.sleep(0.5)
        whole, seen = hashlib.sha256(), 0
        while True:
            data = peer.recv(100000)
            if not data: break
            whole.update(data); seen += len(data)
        peer.sendall(b'done'); sender.join()
        assert seen == 8192 * 4096, seen
        assert whole.digest() == hashlib.sha256(b''.join(blocks)).digest()
        print('ok')
        """;

    private const string ManyShort = """
        listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen(1024)
        wrong = []
        def serve():
            for _ in range(1500):
                peer, _ = listener.accept()
                data = exactly(peer, 3000)
                if data != b'a' * 1000 + b'b' * 1000 + b'c' * 1000: wrong.append(data)
                peer.close()
        server = threading.Thread(target=serve); server.start()
        for _ in range(1500):
            peer = socket.create_connection(listener.getsockname())
            for piece in (b'a', b'b', b'c'): peer.send(piece * 1000)
            peer.recv(1); peer.close()
        server.join()
        assert not wrong, (len(wrong), wrong[0][:10])
        print('ok')
        """;

    private const string Steady = """
        listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen()
        def serve():
            peer, _ = listener.accept()
            while True:
                data = peer.recv(65536)
                if not data: break
                peer.sendall(data)
            peer.close()
        server = threading.Thread(target=serve); server.start()
        client = socket.create_connection(listener.getsockname())
        end, number = time.monotonic() + 3, 0
        while time.monotonic() < end:
            block = number.to_bytes(4, 'big') * 250
            client.sendall(block)
            assert exactly(client, 1000) == block, number
            number += 1
        client.close(); server.join()
        print('ok')
        """;
}
