namespace Weft.Proxy.Model;

/// <summary>TLS that a filter chain ends (<c>DownstreamTlsContext</c>).</summary>
public sealed class DownstreamTlsModel : CommonTlsModel
{
    public bool RequireClientCertificate { get; init; }

    public bool DisableSessionResumption { get; init; }

    /// <summary>How long a session can be resumed; null for the default.</summary>
    public TimeSpan? SessionTimeout { get; init; }

    public OcspStaplePolicy OcspStaplePolicy { get; init; }
}
