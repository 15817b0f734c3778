namespace Weft.Policy.Routes;

/// <summary>Whether a virtual host sends plain-text requests to HTTPS.</summary>
public enum TlsRequirement : byte
{
    /// <summary>Plain text is served.</summary>
    None,

    /// <summary>Plain text is answered with a redirect to the same URL over HTTPS.</summary>
    All,
}
