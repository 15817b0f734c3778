using System.Buffers.Binary;
using System.Text;

namespace Weft.Wire.Http;

/// <summary>The names behind <see cref="KnownHeader"/>, and the lookup by length, first byte, then all bytes without regard to case.</summary>
public static class KnownHeaders
{
    // In the order of the enum, which a test checks.
    private static readonly string[] s_names =
    [
        "",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "http2-settings",
        "date",
        "server",
        "user-agent",
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "content-type",
        "content-encoding",
        "cache-control",
        "location",
        "origin",
        "referer",
        "vary",
        "etag",
        "last-modified",
        "if-none-match",
        "if-modified-since",
        "age",
        "expires",
        "pragma",
        "via",
        "forwarded",
        "range",
        "retry-after",
        "www-authenticate",
        "allow",
        "access-control-request-method",
        "access-control-request-headers",
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "access-control-max-age",
        "access-control-request-private-network",
        "access-control-allow-private-network",
        "strict-transport-security",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-client-cert",
        "x-request-id",
        "x-client-trace-id",
        "x-real-ip",
        "x-envoy-attempt-count",
        "x-envoy-decorator-operation",
        "x-envoy-downstream-service-cluster",
        "x-envoy-downstream-service-node",
        "x-envoy-expected-rq-timeout-ms",
        "x-envoy-external-address",
        "x-envoy-force-trace",
        "x-envoy-hedge-on-per-try-timeout",
        "x-envoy-immediate-health-check-fail",
        "x-envoy-internal",
        "x-envoy-ip-tags",
        "x-envoy-is-timeout-retry",
        "x-envoy-max-retries",
        "x-envoy-original-dst-host",
        "x-envoy-original-path",
        "x-envoy-original-host",
        "x-envoy-original-method",
        "x-envoy-overloaded",
        "x-envoy-peer-metadata",
        "x-envoy-peer-metadata-id",
        "x-envoy-ratelimited",
        "x-envoy-degraded",
        "x-envoy-retriable-header-names",
        "x-envoy-retriable-status-codes",
        "x-envoy-retry-grpc-on",
        "x-envoy-retry-on",
        "x-envoy-upstream-alt-stat-name",
        "x-envoy-upstream-canary",
        "x-envoy-upstream-healthchecked-cluster",
        "x-envoy-upstream-rq-per-try-timeout-ms",
        "x-envoy-upstream-rq-timeout-alt-response",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-upstream-service-time",
        "x-envoy-upstream-stream-duration-ms",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "traceparent",
        "tracestate",
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-parentspanid",
        "x-b3-sampled",
        "x-b3-flags",
        "baggage",
        "x-ot-span-context",
        "grpc-status",
        "grpc-message",
        "grpc-timeout",
        "grpc-encoding",
        "grpc-accept-encoding",
        "grpc-status-details-bin",
        "sec-websocket-key",
        "sec-websocket-accept",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
    ];

    private const int MaxLength = 48;
    private static readonly byte[][] s_bytes = [.. s_names.Select(Encoding.ASCII.GetBytes)];
    private static readonly Candidate[] s_candidates = [.. MakeCandidates()];
    private static readonly byte[] s_firstOfLength = MakeStarts();

    /// <summary>How many names are known.</summary>
    public static int Count => s_names.Length - 1;

    /// <summary>The name in lower case; empty for <see cref="KnownHeader.None"/>.</summary>
    public static ReadOnlySpan<byte> Name(KnownHeader header) => s_bytes[(int)header];

    /// <summary>The known header that <paramref name="name"/>, a token, spells in any case, or <see cref="KnownHeader.None"/>.</summary>
    public static KnownHeader Resolve(ReadOnlySpan<byte> name)
    {
        int length = name.Length;
        if (length is 0 or >= MaxLength)
            return KnownHeader.None;
        byte first = (byte)(name[0] | 0x20);
        byte last = (byte)(name[length - 1] | 0x20);
        Candidate[] candidates = s_candidates;
        for (int i = s_firstOfLength[length]; i < s_firstOfLength[length + 1]; i++)
        {
            ref readonly Candidate candidate = ref candidates[i];
            if (candidate.First == first && candidate.Last == last && EqualsFolded(name, s_bytes[(int)candidate.Header]))
                return candidate.Header;
        }

        return KnownHeader.None;
    }

    /// <summary>
    /// Compares eight bytes at a time with the bit of lower case set in both. That is exact here: the known names have only letters, digits and
    /// hyphens, and no other byte of a token becomes one of these by that bit.
    /// </summary>
    private static bool EqualsFolded(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known)
    {
        if (name.Length < sizeof(ulong))
        {
            for (int i = 0; i < name.Length; i++)
            {
                if ((name[i] | 0x20) != known[i])
                    return false;
            }

            return true;
        }

        const ulong LowerCase = 0x2020202020202020;
        int last = name.Length - sizeof(ulong);
        for (int i = 0; i < last; i += sizeof(ulong))
        {
            if ((BinaryPrimitives.ReadUInt64LittleEndian(name[i..]) | LowerCase) != BinaryPrimitives.ReadUInt64LittleEndian(known[i..]))
                return false;
        }

        return (BinaryPrimitives.ReadUInt64LittleEndian(name[last..]) | LowerCase) == BinaryPrimitives.ReadUInt64LittleEndian(known[last..]);
    }

    private static IEnumerable<Candidate> MakeCandidates() => Enumerable.Range(1, s_names.Length - 1)
        .OrderBy(i => s_names[i].Length)
        .ThenBy(i => i)
        .Select(i => new Candidate((KnownHeader)i, s_bytes[i][0], s_bytes[i][^1]));

    private static byte[] MakeStarts()
    {
        byte[] starts = new byte[MaxLength + 2];
        for (int length = 0; length < starts.Length; length++)
            starts[length] = (byte)s_names.Skip(1).Count(name => name.Length < length);
        return starts;
    }

    private readonly record struct Candidate(KnownHeader Header, byte First, byte Last);
}
