using System.Net;

namespace Weft.Proxy.Dns;

/// <summary>What of <c>/etc/resolv.conf</c> matters here (resolv.conf(5)): up to three resolvers and the search domains. Immutable.</summary>
/// <param name="Servers">Resolvers in order.</param>
/// <param name="SearchDomains">What clients append to short names.</param>
public sealed record ResolverSettings(IReadOnlyList<IPEndPoint> Servers, IReadOnlyList<string> SearchDomains)
{
    private const int MaxServers = 3;
    private const int MaxSearchDomains = 32;
    private const int DnsPort = 53;

    /// <summary>Reads the text of a resolv.conf; lines that say nothing of the two are passed over, as every resolver does.</summary>
    public static ResolverSettings Parse(string text)
    {
        List<IPEndPoint> servers = [];
        string[] search = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2)
                continue;
            if (words[0] == "nameserver" && servers.Count < MaxServers && IPAddress.TryParse(words[1], out IPAddress? address))
                servers.Add(new IPEndPoint(address, DnsPort));
            else if (words[0] is "search" or "domain")
                search = [.. words.Skip(1).Take(MaxSearchDomains)];
        }

        return new ResolverSettings(servers, search);
    }
}
