namespace Weft.Proxy.Hosting.Restart;

/// <summary>What a socket that is handed over is for; the names go over the wire.</summary>
internal enum HandedSocketKind
{
    /// <summary>A listener's, named after it.</summary>
    Listener,

    /// <summary>Admin, statistics or health, named by its address.</summary>
    Admin,

    /// <summary>DNS over UDP.</summary>
    DnsDatagrams,

    /// <summary>DNS over TCP.</summary>
    DnsConnections,
}
