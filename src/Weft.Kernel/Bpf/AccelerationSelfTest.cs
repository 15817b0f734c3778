using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Weft.Kernel.ControlGroups;

namespace Weft.Kernel.Bpf;

/// <summary>
/// Whether socket acceleration keeps on this kernel what TCP promises. Some kernels lose wake-ups of joined sockets, count their waiting bytes wrong, or let them pile up
/// without end; so before it is used, this makes a control group of its own, joins connections of this process, and looks.
/// </summary>
public static class AccelerationSelfTest
{
    private const int Rounds = 1000;
    // Kernels that do not bound what waits take whatever comes; TCP's buffers hold up to 6 MiB and what waits straight 256 KiB.
    private const int Unbounded = 64 << 20;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    /// <summary>Null when all is well, else what is wrong, as a sentence.</summary>
    /// <exception cref="KernelOperationException">The test itself cannot be made: no root, no libbpf, a kernel without the programs.</exception>
    public static async Task<string?> RunAsync(CancellationToken cancel = default)
    {
        string name = "weft-probe-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        ControlGroup home = ControlGroup.Current(), group = ControlGroup.Create(name);
        SocketAcceleration? acceleration = null;
        try
        {
            acceleration = SocketAcceleration.Attach(name, group);
            group.Add(Environment.ProcessId);
            return await LookAsync(acceleration, cancel).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            return $"A joined connection failed: {failure.Message}.";
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return $"A joined connection stood still for {s_deadline.TotalSeconds:0} s: this kernel loses wake-ups of joined sockets.";
        }
        finally
        {
            home.Add(Environment.ProcessId);
            if (acceleration is not null)
                await acceleration.DetachAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            group.TryRemove();
        }
    }

    private static async Task<string?> LookAsync(SocketAcceleration acceleration, CancellationToken cancel)
    {
        using (Pair pair = await Pair.OpenAsync(cancel).ConfigureAwait(false))
        {
            if (await WaitingBytesAsync(pair, cancel).ConfigureAwait(false) is { } wrong)
                return wrong;
            AccelerationCounters counters = acceleration.Read();
            if (counters is not { Joined: 2, ForwardedMessages: > 0 })
                return $"Connections are not joined: {counters}.";
            await PingPongAsync(pair, cancel).ConfigureAwait(false);
            if (await EndAsync(pair, cancel).ConfigureAwait(false) is { } lost)
                return lost;
        }

        using Pair slow = await Pair.OpenAsync(cancel).ConfigureAwait(false);
        return await BackPressureAsync(slow, cancel).ConfigureAwait(false);
    }

    private static async Task<string?> WaitingBytesAsync(Pair pair, CancellationToken cancel)
    {
        byte[] data = new byte[4096];
        await pair.Client.SendAsync(data, cancel).ConfigureAwait(false);
        int seen = await pair.Server.ReceiveAsync(data, SocketFlags.Peek, cancel).AsTask().WaitAsync(s_deadline, cancel).ConfigureAwait(false);
        int counted = pair.Server.Available;
        await ReadExactlyAsync(pair.Server, data, cancel).ConfigureAwait(false);
        return counted == seen && seen == data.Length ? null : $"Of {data.Length} waiting bytes this kernel counts {counted} (FIONREAD) and shows {seen}.";
    }

    private static async Task PingPongAsync(Pair pair, CancellationToken cancel)
    {
        byte[] ping = new byte[128], pong = new byte[2000], read = new byte[2000];
        for (int round = 0; round < Rounds; round++)
        {
            await pair.Client.SendAsync(ping, cancel).ConfigureAwait(false);
            await ReadExactlyAsync(pair.Server, read.AsMemory(0, ping.Length), cancel).ConfigureAwait(false);
            await pair.Server.SendAsync(pong, cancel).ConfigureAwait(false);
            await ReadExactlyAsync(pair.Client, read.AsMemory(0, pong.Length), cancel).ConfigureAwait(false);
        }
    }

    // The last bytes come before the end, and the other direction lives on.
    private static async Task<string?> EndAsync(Pair pair, CancellationToken cancel)
    {
        byte[] data = new byte[100];
        await pair.Client.SendAsync(data, cancel).ConfigureAwait(false);
        pair.Client.Shutdown(SocketShutdown.Send);
        await ReadExactlyAsync(pair.Server, data, cancel).ConfigureAwait(false);
        if (await pair.Server.ReceiveAsync(data, cancel).AsTask().WaitAsync(s_deadline, cancel).ConfigureAwait(false) != 0)
            return "A joined connection goes on after its end.";
        await pair.Server.SendAsync(data, cancel).ConfigureAwait(false);
        await ReadExactlyAsync(pair.Client, data, cancel).ConfigureAwait(false);
        return null;
    }

    // Who does not read stops who sends; and then every byte comes, in order, although some went straight and others by TCP.
    private static async Task<string?> BackPressureAsync(Pair pair, CancellationToken cancel)
    {
        byte[] block = new byte[16 * 1024];
        long sent = 0;
        pair.Client.Blocking = false;
        while (sent < Unbounded)
        {
            Fill(block, sent);
            int count = pair.Client.Send(block, 0, block.Length, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            sent += count;
        }

        if (sent >= Unbounded)
            return $"{sent >> 20} MiB wait at a socket that nobody reads: this kernel does not bound joined sockets.";
        pair.Client.Shutdown(SocketShutdown.Send);
        byte[] expected = new byte[block.Length];
        for (long at = 0; ;)
        {
            int count = await pair.Server.ReceiveAsync(block, cancel).AsTask().WaitAsync(s_deadline, cancel).ConfigureAwait(false);
            if (count == 0)
                return at == sent ? null : $"Of {sent} bytes {at} arrived.";
            Fill(expected, at);
            if (!block.AsSpan(0, count).SequenceEqual(expected.AsSpan(0, count)))
                return $"The bytes after the first {at} are not those that were sent.";
            at += count;
        }
    }

    // What a stream holds from a place on: no two places near each other look the same.
    private static void Fill(Span<byte> block, long from)
    {
        for (int i = 0; i < block.Length; i++)
            block[i] = (byte)((ulong)(from + i) * 0x9E3779B97F4A7C15 >> 56);
    }

    private static async Task ReadExactlyAsync(Socket socket, Memory<byte> data, CancellationToken cancel)
    {
        for (int at = 0; at < data.Length;)
        {
            int count = await socket.ReceiveAsync(data[at..], cancel).AsTask().WaitAsync(s_deadline, cancel).ConfigureAwait(false);
            at += count > 0 ? count : throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    private sealed record Pair(Socket Client, Socket Server) : IDisposable
    {
        public static async Task<Pair> OpenAsync(CancellationToken cancel)
        {
            using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(listener.LocalEndPoint!, cancel).ConfigureAwait(false);
            return new Pair(client, await listener.AcceptAsync(cancel).ConfigureAwait(false));
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
