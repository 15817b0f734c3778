using System.IO.Hashing;
using System.Numerics;
using Weft.Policy.Routes;
using Weft.Wire.Http;

namespace Weft.Policy.LoadBalancing;

/// <summary>
/// The hash by which consistent hashing places a request (Envoy's hash policies): the rules are judged in order, each hash is folded into the
/// one before, and a terminal rule ends it once there is a hash. Pure; allocates nothing.
/// </summary>
public static class RequestHash
{
    private static readonly HeaderName s_cookie = Name("cookie");

    /// <summary>Computes the hash; false when no rule found anything, and then the endpoint is to be chosen at random.</summary>
    /// <param name="rules">The route's rules.</param>
    /// <param name="request">The request.</param>
    /// <param name="sourceAddress">The client's address as text, without port; empty when it has none.</param>
    /// <param name="freshCookie">The value of a cookie that is made when a rule asks for one that is missing.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="cookieToSet">The rule whose cookie was missing and must be set on the response with the fresh value, or null.</param>
    public static bool TryCompute(
        IReadOnlyList<HashRule> rules, scoped in RequestView request, ReadOnlySpan<byte> sourceAddress, ReadOnlySpan<byte> freshCookie, out ulong hash, out HashRule? cookieToSet)
    {
        hash = 0;
        cookieToSet = null;
        bool any = false;
        for (int i = 0; i < rules.Count; i++)
        {
            HashRule rule = rules[i];
            if (TryRule(rule, request, sourceAddress, freshCookie, ref cookieToSet, out ulong part))
            {
                hash = any ? BitOperations.RotateLeft(hash, 1) ^ part : part;
                any = true;
            }

            if (any && rule.Terminal)
                break;
        }

        return any;
    }

    /// <summary>Finds a cookie among all Cookie fields (RFC 6265 section 4.2); quotes around its value are taken off.</summary>
    public static bool TryGetCookie(HeadView headers, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        HeaderValues fields = headers.Values(s_cookie);
        while (fields.Next(out ReadOnlySpan<byte> field))
        {
            while (!field.IsEmpty)
            {
                int end = field.IndexOf((byte)';');
                ReadOnlySpan<byte> pair = (end < 0 ? field : field[..end]).Trim((byte)' ');
                field = end < 0 ? default : field[(end + 1)..];
                int equals = pair.IndexOf((byte)'=');
                if (equals < 0 || !pair[..equals].SequenceEqual(name))
                    continue;
                value = pair[(equals + 1)..];
                if (value is [(byte)'"', .., (byte)'"'])
                    value = value[1..^1];
                return true;
            }
        }

        value = default;
        return false;
    }

    private static bool TryRule(
        HashRule rule, scoped in RequestView request, ReadOnlySpan<byte> sourceAddress, ReadOnlySpan<byte> freshCookie, ref HashRule? cookieToSet, out ulong hash)
    {
        hash = 0;
        ReadOnlySpan<byte> value;
        switch (rule.Kind)
        {
            case HashRuleKind.Header:
                if (!ValueScratch.TryRead(request.Headers, rule.Header!, out value))
                    return false;
                break;
            case HashRuleKind.Cookie:
                if (!TryGetCookie(request.Headers, rule.NameBytes, out value) || value.IsEmpty)
                {
                    if (rule.CookieTimeToLive is null)
                        return false;
                    cookieToSet ??= rule;
                    value = freshCookie;
                }

                break;
            case HashRuleKind.SourceAddress:
                value = sourceAddress;
                break;
            default:
                if (!QueryCondition.TryGet(request.Query, rule.NameBytes, out value))
                    return false;
                break;
        }

        if (value.IsEmpty)
            return false;
        hash = XxHash64.HashToUInt64(value);
        return true;
    }

    private static HeaderName Name(string text) => HeaderName.TryCreate(text, out HeaderName? name) ? name : throw new ArgumentException("Not a header name.", nameof(text));
}
