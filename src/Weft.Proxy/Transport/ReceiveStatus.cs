namespace Weft.Proxy.Transport;

/// <summary>The outcome of one receive.</summary>
internal enum ReceiveStatus : byte
{
    /// <summary>Bytes came.</summary>
    Data,

    /// <summary>Nothing is there now; an event will tell.</summary>
    Empty,

    /// <summary>The peer ended its side in order.</summary>
    End,

    /// <summary>The connection broke, or TLS ended without close_notify.</summary>
    Broken,
}
