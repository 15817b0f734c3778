namespace Weft.Policy.LoadBalancing;

/// <summary>What a <see cref="HashRule"/> looks at.</summary>
public enum HashRuleKind : byte
{
    Header,
    Cookie,
    SourceAddress,
    QueryParameter,
}
