using Weft.Proxy.Interop;
using Weft.Proxy.Model;

namespace Weft.Proxy.Listeners;

/// <summary>
/// Listening sockets that another process of the same proxy handed over, until the listeners of this one claim them. They are the same sockets, not
/// others at the same address, so no connection that waits in them is lost. Thread-safe.
/// </summary>
internal sealed class InheritedListeners
{
    private readonly Lock _lock = new();
    private readonly List<(string Name, NetworkAddress Address, int Descriptor)> _sockets = [];

    /// <summary>Adds a listening socket, which is this object's from now on.</summary>
    /// <param name="name">The listener whose it was.</param>
    /// <param name="descriptor">The socket.</param>
    public void Add(string name, int descriptor)
    {
        lock (_lock) _sockets.Add((name, Sockets.LocalAddress(descriptor), descriptor));
    }

    /// <summary>The sockets at a listener's address; where the kernel chose the port, those of the listener's name. They are the caller's. Empty when there are none.</summary>
    public int[] Take(ListenerModel listener)
    {
        lock (_lock)
        {
            bool Fits((string Name, NetworkAddress Address, int Descriptor) socket) =>
                socket.Address == listener.Address
                || (listener.Address.Port == 0 && socket.Name == listener.Name && socket.Address.WithPort(0) == listener.Address);
            int[] taken = [.. _sockets.Where(Fits).Select(static socket => socket.Descriptor)];
            _sockets.RemoveAll(Fits);
            foreach (int descriptor in taken) _ = Libc.Listen(descriptor, listener.Backlog);
            return taken;
        }
    }

    /// <summary>Closes what no listener took.</summary>
    public void Close()
    {
        lock (_lock)
        {
            foreach ((_, _, int descriptor) in _sockets) _ = Libc.Close(descriptor);
            _sockets.Clear();
        }
    }
}
