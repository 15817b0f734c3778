namespace Weft.Proxy.Telemetry;

/// <summary>Label <c>connection_security_policy</c>; only the destination's proxy knows it.</summary>
internal enum ConnectionSecurity : byte
{
    Unknown,
    None,
    MutualTls,
}
