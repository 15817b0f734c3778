namespace Weft.Proxy.Tls;

/// <summary>How a <see cref="SanMatcher"/> compares. There is no regular expression here: an identity must not depend on one.</summary>
public enum SanMatchMode
{
    /// <summary>The whole name; for DNS names a wildcard in the certificate covers one label.</summary>
    Exact,

    /// <summary>The name begins with the value.</summary>
    Prefix,

    /// <summary>The name ends with the value.</summary>
    Suffix,

    /// <summary>The value is somewhere in the name.</summary>
    Contains,
}
