namespace Weft.Proxy.Model;

/// <summary>TLS towards endpoints (<c>UpstreamTlsContext</c>).</summary>
public sealed class UpstreamTlsModel : CommonTlsModel
{
    /// <summary>Empty sends none unless <see cref="AutoHostSni"/>.</summary>
    public string Sni { get; init; } = "";

    /// <summary>SNI from the request's (possibly rewritten) host or the endpoint's host name.</summary>
    public bool AutoHostSni { get; init; }

    /// <summary>The certificate must carry the SNI as a subject alternative name.</summary>
    public bool AutoSniSanValidation { get; init; }

    /// <summary>How many sessions are kept for resumption per endpoint; 0 turns it off.</summary>
    public int MaxSessionKeys { get; init; } = 1;
}
