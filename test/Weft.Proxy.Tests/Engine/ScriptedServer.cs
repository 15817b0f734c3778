using System.Net;
using System.Net.Sockets;

namespace Weft.Proxy.Tests.Engine;

/// <summary>An upstream that does with each connection what the test tells it to.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly Socket _listener;
    private readonly List<Socket> _open = [];
    private int _connections;
    private int _requests;
    private long _received;

    private ScriptedServer(Func<RawClient, Task> script)
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        _ = AcceptAsync(script);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int Connections => Volatile.Read(ref _connections);

    public int Requests => Volatile.Read(ref _requests);

    public long Received => Volatile.Read(ref _received);

    public static ScriptedServer Start(Func<RawClient, Task> script) => new(script);

    /// <summary>Answers every request (without a body) on every connection with the same bytes.</summary>
    public static ScriptedServer Answering(string response)
    {
        ScriptedServer? server = null;
        server = new ScriptedServer(async client =>
        {
            while (true)
            {
                string head = await client.ReadUntilAsync("\r\n\r\n");
                Interlocked.Add(ref server!._received, head.Length);
                Interlocked.Increment(ref server._requests);
                await client.SendAsync(response);
            }
        });
        return server;
    }

    /// <summary>Answers with the request's head as the body, so that a test sees what came through.</summary>
    public static ScriptedServer Mirroring() => new(async client =>
    {
        while (true)
        {
            string head = await client.ReadUntilAsync("\r\n\r\n");
            await client.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {head.Length}\r\n\r\n{head}");
        }
    });

    /// <summary>Sends back what it receives, and its end.</summary>
    public static ScriptedServer Echoing() => new(async client =>
    {
        while (await client.ReceiveAsync() is { Length: > 0 } bytes) await client.SendAsync(bytes);
        client.Socket.Shutdown(SocketShutdown.Send);
        await client.ReceiveAsync();
    });

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
        {
            foreach (Socket socket in _open) socket.Dispose();
        }
    }

    private async Task AcceptAsync(Func<RawClient, Task> script)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception end) when (end is ObjectDisposedException or SocketException)
            {
                return;
            }

            socket.NoDelay = true;
            lock (_open) _open.Add(socket);
            Interlocked.Increment(ref _connections);
            _ = ServeAsync(script, RawClient.Over(socket));
        }
    }

    private static async Task ServeAsync(Func<RawClient, Task> script, RawClient client)
    {
        try
        {
            await script(client);
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or TimeoutException or Xunit.Sdk.XunitException)
        {
            // The proxy closed the connection: what the test checks, it checks on the other side.
        }
        finally
        {
            client.Dispose();
        }
    }
}
