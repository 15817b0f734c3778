using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Interop;

namespace Weft.Proxy.Admin;

/// <summary>
/// Serves the admin, statistics and health ports: HTTP/1.1, one request for each connection, on a few threads of its own beside the workers.
/// Bounds: <see cref="Threads"/> requests at once (others wait in the accept queue), <see cref="AdminConnection"/> has those of a request.
/// Started by its constructor; <see cref="Dispose"/> ends it.
/// </summary>
public sealed class AdminServer : IDisposable
{
    /// <summary>Requests served at the same time.</summary>
    public const int Threads = 3;

    private const int Backlog = 64;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private readonly List<(Socket Socket, AdminSite Site)> _listeners = [];
    private readonly Thread[] _threads = new Thread[Threads];
    private readonly Action<string> _log;
    private readonly ManualResetEvent _stopped = new(false);
    private int _complained;
    private volatile bool _stopping;
    private bool _handsOver;

    /// <param name="bindings">What to serve where.</param>
    /// <param name="log">Takes sentences for people.</param>
    /// <exception cref="SocketException">An address is in use or not allowed.</exception>
    /// <param name="inherited">The listening socket for an address that another process handed over, or null where there is none.</param>
    public AdminServer(IEnumerable<AdminBinding> bindings, Action<string> log, Func<IPEndPoint, Socket?>? inherited = null)
    {
        _log = log;
        try
        {
            foreach (AdminBinding binding in bindings) _listeners.Add((inherited?.Invoke(binding.Address) ?? Listen(binding.Address), binding.Site));
        }
        catch
        {
            CloseAll();
            throw;
        }

        for (int i = 0; i < Threads; i++)
        {
            _threads[i] = new Thread(Run, 256 * 1024) { Name = $"admin-{i}", IsBackground = true };
            _threads[i].Start();
        }
    }

    /// <summary>Where the bindings are served, in their order, with the ports that the kernel chose.</summary>
    public IReadOnlyList<IPEndPoint> Addresses => [.. _listeners.Select(listener => (IPEndPoint)listener.Socket.LocalEndPoint!)];

    /// <summary>The listening sockets with their addresses; this object's own.</summary>
    internal IEnumerable<(IPEndPoint Address, Socket Socket)> Sockets => _listeners.Select(static listener => ((IPEndPoint)listener.Socket.LocalEndPoint!, listener.Socket));

    /// <summary>Ends, and leaves the listening sockets to another process that has them too.</summary>
    internal void HandOver()
    {
        // Disposing of a socket may end it for everybody, not just here (connect(2) with AF_UNSPEC).
        _handsOver = true;
        Dispose();
    }

    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        _stopped.Set();
        Wake();
        // A thread that ends the process itself (/quitquitquit) must not wait for itself.
        foreach (Thread thread in _threads)
        {
            if (thread != Thread.CurrentThread) thread.Join(TimeSpan.FromSeconds(2));
        }

        CloseAll();
        _stopped.Dispose();
    }

    /// <summary>Closing a socket does not end a wait for it; a connection that nobody accepts ends the waits of all threads.</summary>
    private void Wake()
    {
        if (_listeners.Count == 0) return;
        IPEndPoint address = (IPEndPoint)_listeners[0].Socket.LocalEndPoint!;
        IPAddress local = address.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address.Address;
        using Socket wake = new(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            wake.Connect(local, address.Port);
        }
        catch (SocketException)
        {
            // Non-blocking: the connection is on its way. If it cannot be made, the wait ends by itself after a second.
        }
    }

    private static Socket Listen(IPEndPoint address)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Bind(address);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Run()
    {
        List<Socket> ready = [];
        while (!_stopping)
        {
            ready.Clear();
            foreach ((Socket socket, _) in _listeners) ready.Add(socket);
            try
            {
                Socket.Select(ready, null, null, TimeSpan.FromSeconds(1));
                if (_stopping) return;
                foreach (Socket socket in ready) Accept(socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_stopping) return;
                if (Interlocked.Exchange(ref _complained, 1) == 0) _log($"The admin port failed to accept: {e.Message}");

                // Without descriptors the connection stays ready, and the next attempt would fail at once.
                if (_stopped.WaitOne(s_pause)) return;
            }
        }
    }

    private void Accept(Socket listener)
    {
        Socket connection;
        try
        {
            connection = listener.Accept();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.ConnectionAborted or SocketError.ConnectionReset)
        {
            // Another of the threads was faster, or the client is gone.
            return;
        }

        Volatile.Write(ref _complained, 0);
        using (connection)
        {
            AdminSite site = _listeners.First(entry => entry.Socket == listener).Site;
            try
            {
                new AdminConnection(connection, site, _log).Serve();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client went away or was too slow; that is its own affair.
            }
        }
    }

    private void CloseAll()
    {
        foreach ((Socket socket, _) in _listeners)
        {
            if (_handsOver) SharedSocket.Abandon(socket);
            else socket.Dispose();
        }
    }
}
