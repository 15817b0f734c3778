namespace Weft.Policy.Routes;

/// <summary>What a <see cref="HeaderCondition"/> looks at: a header, or a part of the request that Envoy names like one.</summary>
internal enum HeaderConditionTarget : byte
{
    Field,
    Method,
    Authority,
    Path,
    Scheme,
}
