using System.Text;

namespace Weft.Proxy.Model;

/// <summary>How a TCP proxy asks for tunnels (<c>TcpProxy.TunnelingConfig</c>).</summary>
public sealed class TunnelingModel
{
    /// <summary>The longest host name with a port, or address with one.</summary>
    internal const int MaxHostnameBytes = 320;

    /// <summary>In <c>hostname</c>: where the client wanted to go.</summary>
    internal const string LocalAddressOperator = "%DOWNSTREAM_LOCAL_ADDRESS%";

    private readonly byte[]? _hostname;

    /// <param name="hostname"><c>host:port</c>, or null for where the client wanted to go.</param>
    public TunnelingModel(string? hostname) => _hostname = hostname is null ? null : Encoding.ASCII.GetBytes(hostname);

    /// <summary>Writes the authority of a CONNECT; returns its length.</summary>
    internal int WriteHostname(in NetworkAddress destination, Span<byte> room)
    {
        if (_hostname is null) return destination.Format(room);
        _hostname.CopyTo(room);
        return _hostname.Length;
    }
}
