using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Interop;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;

namespace Weft.Proxy.Hosting.Restart;

/// <summary>
/// The newer process's side of a hot restart: the process whose place it takes, and the sockets that came from there. Disposed of before
/// <see cref="LetGo"/>, it leaves the older process as it was. For control threads.
/// </summary>
internal sealed class Predecessor : IDisposable
{
    private static readonly TimeSpan s_answerTime = TimeSpan.FromSeconds(10);
    private readonly Socket _socket;
    private readonly List<HandedSocket> _others = [];

    private Predecessor(Socket socket) => _socket = socket;

    /// <summary>The older process.</summary>
    public int ProcessId { get; private set; }

    /// <summary>How many processes were there before it.</summary>
    public int Epoch { get; private set; }

    /// <summary>For how long there has been a process.</summary>
    public TimeSpan Age { get; private set; }

    /// <summary>Asks the proxy with this admin address for its sockets.</summary>
    /// <param name="admin">The bootstrap's admin address.</param>
    /// <param name="listeners">Takes the sockets of listeners.</param>
    /// <exception cref="ProxyStartException">There is no such proxy, or it refuses.</exception>
    public static Predecessor Ask(NetworkAddress admin, InheritedListeners listeners)
    {
        if (RestartMessages.Meet(admin) is not { } address)
            throw new ProxyStartException("--take-over needs an `admin.address` with a port in the bootstrap: by it the running proxy is found.");
        Socket socket = RestartMessages.NewSocket();
        Predecessor predecessor = new(socket);
        try
        {
            socket.Connect(address);
            (int process, uint user) = DescriptorPassing.Peer(socket);
            if (user != Libc.EffectiveUser() && user != 0)
                throw new ProxyStartException($"Process {process}, which answers for the admin address {admin}, belongs to user {user}: its sockets are not taken.");
            RestartMessages.Send(socket, RestartMessages.TakeOver);
            predecessor.Receive(listeners);
            return predecessor;
        }
        catch (SocketException e)
        {
            predecessor.Dispose();
            throw new ProxyStartException(
                $"There is nothing to take over: no weft-proxy of this user with the admin address {admin} answers ({e.Message}). Start without --take-over.", e);
        }
        catch
        {
            predecessor.Dispose();
            throw;
        }
    }

    /// <summary>The socket of an admin address that the older process had; null when it had none. The caller's.</summary>
    public Socket? TakeAdmin(IPEndPoint address) => Take(HandedSocketKind.Admin, address.ToString());

    /// <summary>The sockets of the DNS server; null when the older process had none. The caller's.</summary>
    public (Socket Datagrams, Socket Connections)? TakeDns()
    {
        Socket? datagrams = Take(HandedSocketKind.DnsDatagrams, null), connections = Take(HandedSocketKind.DnsConnections, null);
        if (datagrams is not null && connections is not null) return (datagrams, connections);
        datagrams?.Dispose();
        connections?.Dispose();
        return null;
    }

    /// <summary>Tells the older process that this one serves, and waits until it accepts nothing any more. It may have ended meanwhile, which is as good.</summary>
    public void LetGo()
    {
        try
        {
            RestartMessages.Send(_socket, RestartMessages.Ready);
            if (!_socket.Poll(s_answerTime, SelectMode.SelectRead)) return;
            _ = DescriptorPassing.Receive(_socket, stackalloc byte[64], []);
        }
        catch (SocketException)
        {
            // It is gone.
        }
    }

    /// <summary>Closes what was not taken.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        foreach (HandedSocket socket in _others) _ = Libc.Close(socket.Descriptor);
        _others.Clear();
    }

    private Socket? Take(HandedSocketKind kind, string? name)
    {
        int index = _others.FindIndex(socket => socket.Kind == kind && (name is null || socket.Name == name));
        if (index < 0) return null;
        Socket taken = new(new SafeSocketHandle(_others[index].Descriptor, ownsHandle: true)) { Blocking = false };
        _others.RemoveAt(index);
        return taken;
    }

    private void Receive(InheritedListeners listeners)
    {
        string facts = Next([]);
        if (facts.StartsWith(RestartMessages.RefusalPrefix, StringComparison.Ordinal))
            throw new ProxyStartException($"The running proxy does not hand over: {facts[RestartMessages.RefusalPrefix.Length..]}");
        long expected = RestartMessages.Number(facts, "sockets");
        if (!facts.StartsWith(RestartMessages.Version + " ", StringComparison.Ordinal) || expected < 0)
            throw new ProxyStartException("The running proxy answered with something that this one does not understand.");
        ProcessId = (int)RestartMessages.Number(facts, "process");
        Epoch = (int)RestartMessages.Number(facts, "epoch");
        Age = TimeSpan.FromSeconds(Math.Max(RestartMessages.Number(facts, "age"), 0));
        long received = 0;
        while (received < expected)
        {
            List<int> descriptors = [];
            string lines = Next(descriptors);
            if (descriptors.Count == 0) throw new SocketException((int)SocketError.ConnectionReset);
            received += descriptors.Count;
            foreach (HandedSocket socket in RestartMessages.ReadLines(lines, descriptors))
            {
                if (socket.Kind == HandedSocketKind.Listener) listeners.Add(socket.Name, socket.Descriptor);
                else _others.Add(socket);
            }
        }
    }

    private string Next(List<int> descriptors)
    {
        if (!_socket.Poll(s_answerTime, SelectMode.SelectRead))
            throw new ProxyStartException(string.Create(CultureInfo.InvariantCulture, $"The running proxy did not answer within {s_answerTime.TotalSeconds:0} s."));
        byte[] buffer = new byte[RestartMessages.MaxBytes];
        return Encoding.UTF8.GetString(buffer, 0, DescriptorPassing.Receive(_socket, buffer, descriptors));
    }
}
