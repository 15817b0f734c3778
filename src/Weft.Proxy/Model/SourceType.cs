namespace Weft.Proxy.Model;

/// <summary>Restricts a filter chain by where the client sits.</summary>
public enum SourceType : byte
{
    Any,
    SameIpOrLoopback,
    External,
}
