using Weft.Proxy.Model;

namespace Weft.Proxy.Listeners;

/// <summary>
/// Chooses the filter chain for a connection in Envoy's order: destination port, destination address (longest prefix), server name (exact,
/// then longest wildcard), transport protocol, application protocols, direct source address, source type, source address, source
/// port. Each step keeps the most specific chains and, unlike a score, never goes back: a chain that was the better one at an
/// early step hides others even if it fails later, and then the default chain serves.
/// </summary>
internal sealed class FilterChainMatcher(IReadOnlyList<FilterChainRuntime> chains, FilterChainRuntime? defaultChain)
{
    private const int Steps = 9;
    private readonly FilterChainRuntime[] _chains = [.. chains];
    private readonly bool _trivial = chains.Count == 1 && ReferenceEquals(chains[0].Model.Match, FilterChainMatchModel.Any);

    /// <summary>The chain, or null when the connection must be closed. Allocates nothing.</summary>
    public FilterChainRuntime? Find(ConnectionFacts facts)
    {
        if (_trivial) return _chains[0];
        int count = _chains.Length;
        if (count == 0) return defaultChain;
        Span<bool> alive = count <= 512 ? stackalloc bool[count] : new bool[count];
        alive.Fill(true);
        for (int step = 0; step < Steps; step++)
        {
            int best = 0;
            for (int i = 0; i < count; i++)
            {
                if (!alive[i]) continue;
                int score = Score(step, _chains[i].Model.Match, facts);
                if (score > best) best = score;
            }

            if (best == 0) return defaultChain;
            for (int i = 0; i < count; i++)
            {
                if (alive[i] && Score(step, _chains[i].Model.Match, facts) != best) alive[i] = false;
            }
        }

        for (int i = 0; i < count; i++)
        {
            if (alive[i]) return _chains[i];
        }

        return defaultChain;
    }

    /// <summary>0: does not match; 1: asks nothing; above: how specific the match is.</summary>
    private static int Score(int step, FilterChainMatchModel match, ConnectionFacts facts) => step switch
    {
        0 => match.DestinationPort == 0 ? 1 : match.DestinationPort == facts.Local.Port ? 2 : 0,
        1 => Longest(match.DestinationPrefixes, facts.Local),
        2 => ServerName(match.ServerNames, facts.ServerName),
        3 => match.TransportProtocol is not { Length: > 0 } transport ? 1 : transport == (facts.IsTls ? "tls" : "raw_buffer") ? 2 : 0,
        4 => Application(match.ApplicationProtocols, facts),
        5 => Longest(match.DirectSourcePrefixes, facts.Peer),
        6 => Source(match.SourceType, facts),
        7 => Longest(match.SourcePrefixes, facts.Peer),
        _ => match.SourcePorts.Count == 0 ? 1 : match.SourcePorts.Contains(facts.Peer.Port) ? 2 : 0,
    };

    private static int Longest(IReadOnlyList<AddressPrefix> prefixes, in NetworkAddress address)
    {
        if (prefixes.Count == 0) return 1;
        int best = 0;
        for (int i = 0; i < prefixes.Count; i++)
        {
            if (prefixes[i].Contains(address)) best = Math.Max(best, prefixes[i].LengthBits + 2);
        }

        return best;
    }

    private static int ServerName(IReadOnlyList<string> names, string name)
    {
        if (names.Count == 0) return 1;
        int best = 0;
        for (int i = 0; i < names.Count; i++)
        {
            string wanted = names[i];
            if (wanted.StartsWith("*.", StringComparison.Ordinal))
            {
                if (name.Length > wanted.Length - 1 && name.AsSpan().EndsWith(wanted.AsSpan(1), StringComparison.Ordinal))
                    best = Math.Max(best, 1 + wanted.Length);
            }
            else if (name == wanted)
            {
                best = int.MaxValue;
            }
        }

        return best;
    }

    private static int Application(IReadOnlyList<string> wanted, ConnectionFacts facts)
    {
        if (wanted.Count == 0) return 1;
        ReadOnlySpan<char> offered = facts.ApplicationProtocol;
        // What the client offers is a comma list in its order of preference: an earlier offer matches better.
        int rank = 1000;
        foreach (Range range in offered.Split(','))
        {
            ReadOnlySpan<char> one = offered[range];
            for (int i = 0; i < wanted.Count; i++)
            {
                if (!one.IsEmpty && one.SequenceEqual(wanted[i])) return rank;
            }

            if (--rank == 2) break;
        }

        return 0;
    }

    private static int Source(SourceType wanted, ConnectionFacts facts)
    {
        if (wanted == SourceType.Any) return 1;
        bool local = facts.Peer.IsLoopback || facts.Peer.WithPort(0) == facts.Local.WithPort(0);
        return local == (wanted == SourceType.SameIpOrLoopback) ? 2 : 0;
    }
}
