namespace Weft.Proxy.Model;

/// <summary>What happens to X-Forwarded-Client-Cert of requests.</summary>
public enum ForwardClientCertMode : byte
{
    Sanitize,
    ForwardOnly,
    AppendForward,
    SanitizeSet,
    AlwaysForwardOnly,
}
