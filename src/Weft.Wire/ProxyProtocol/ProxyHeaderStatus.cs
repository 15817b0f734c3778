namespace Weft.Wire.ProxyProtocol;

/// <summary>How far reading a PROXY header came.</summary>
public enum ProxyHeaderStatus : byte
{
    /// <summary>The bytes so far are a beginning.</summary>
    NeedMore,

    /// <summary>A header was read.</summary>
    Complete,

    /// <summary>The connection does not start with a header.</summary>
    Absent,

    /// <summary>It starts as a header but is broken; the connection must be closed.</summary>
    Malformed,
}
