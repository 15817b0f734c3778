using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>A cluster that gets a copy of a share of the requests; its responses are dropped.</summary>
/// <param name="Cluster">The cluster's name; empty when a header names it.</param>
/// <param name="ClusterHeader">The request header that names the cluster, or null.</param>
/// <param name="Fraction">The share, as numerator of <paramref name="FractionOf"/>.</param>
/// <param name="FractionOf">The denominator.</param>
/// <param name="AppendShadowSuffix">Whether <c>-shadow</c> is appended to the copy's host.</param>
public sealed record MirrorRule(string Cluster, HeaderName? ClusterHeader, uint Fraction, uint FractionOf, bool AppendShadowSuffix)
{
    /// <summary>Whether a request with this random number is copied.</summary>
    public bool Takes(ulong random) => random % FractionOf < Fraction;
}
