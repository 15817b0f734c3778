namespace Weft.Proxy.Model;

/// <summary>Which addresses a DNS cluster asks for.</summary>
public enum DnsLookupFamily : byte
{
    Auto,
    V4Only,
    V6Only,
    V4Preferred,
    All,
}
