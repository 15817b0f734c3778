namespace Weft.Proxy.Tls;

/// <summary>Which entries of a certificate's subjectAltName a matcher looks at (Envoy: <c>SubjectAltNameMatcher.SanType</c>).</summary>
public enum SanType
{
    /// <summary>Any of the three kinds below (Envoy's older <c>match_subject_alt_names</c>).</summary>
    Any,

    /// <summary>dNSName.</summary>
    Dns,

    /// <summary>uniformResourceIdentifier, which is where SPIFFE ids are.</summary>
    Uri,

    /// <summary>iPAddress, in its textual form.</summary>
    IpAddress,
}
