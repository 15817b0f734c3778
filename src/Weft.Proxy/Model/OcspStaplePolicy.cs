namespace Weft.Proxy.Model;

/// <summary>What a server does for clients that ask for an OCSP response when the one of its certificate is missing or expired (Envoy: <c>ocsp_staple_policy</c>).</summary>
public enum OcspStaplePolicy : byte
{
    /// <summary>The certificate is shown without one.</summary>
    Lenient,

    /// <summary>Without a response it is shown; with one that expired it is not.</summary>
    Strict,

    /// <summary>It is shown with a valid response only. A certificate without any is a mistake of the configuration.</summary>
    Must,
}
