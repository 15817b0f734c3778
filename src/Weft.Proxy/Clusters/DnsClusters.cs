using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Model;

namespace Weft.Proxy.Clusters;

/// <summary>
/// Resolves the names of DNS clusters beside the workers, at each cluster's rate. A failed or empty answer keeps the last good set; nothing
/// resolved yet means no endpoint. One timer for all clusters; at most 16 lookups at a time, each bounded to 5 s.
/// </summary>
internal sealed class DnsClusters : IDisposable
{
    private static readonly TimeSpan s_lookupTimeout = TimeSpan.FromSeconds(5);
    private readonly Action _changed;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _lookups = new(16);
    private readonly CancellationTokenSource _stop = new();

    public DnsClusters(Action changed, TimeProvider time)
    {
        _changed = changed;
        _time = time;
    }

    /// <summary>True when every cluster's names were looked up once, whatever came of it.</summary>
    public bool HasLookedUp
    {
        get
        {
            lock (_lock) return _entries.Values.All(static entry => entry.HasLookedUp);
        }
    }

    /// <summary>Follows the clusters of a new snapshot.</summary>
    public void Update(IEnumerable<ClusterRuntime> clusters)
    {
        lock (_lock)
        {
            var kept = new HashSet<string>(StringComparer.Ordinal);
            foreach (ClusterRuntime cluster in clusters)
            {
                if (cluster.Model.Discovery is not (ClusterDiscovery.StrictDns or ClusterDiscovery.LogicalDns)) continue;
                kept.Add(cluster.Model.Name);
                if (_entries.TryGetValue(cluster.Model.Name, out Entry? entry))
                {
                    if (ReferenceEquals(entry.Model, cluster.Model) && ReferenceEquals(entry.State, cluster.State)) continue;
                    entry.Stop.Cancel();
                }

                entry = new Entry(cluster.Model, cluster.State, CancellationTokenSource.CreateLinkedTokenSource(_stop.Token));
                _entries[cluster.Model.Name] = entry;
                _ = FollowAsync(entry);
            }

            foreach (string name in _entries.Keys.Where(name => !kept.Contains(name)).ToArray())
            {
                _entries[name].Stop.Cancel();
                _entries.Remove(name);
            }
        }
    }

    public void Dispose() => _stop.Cancel();

    private async Task FollowAsync(Entry entry)
    {
        TimeSpan rate = entry.Model.DnsRefreshRate < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : entry.Model.DnsRefreshRate;
        try
        {
            while (true)
            {
                if (await ResolveAsync(entry.Model, entry.Stop.Token).ConfigureAwait(false) is { } set
                    && (entry.State.Resolved is not { } old || !SameAddresses(old, set)))
                {
                    entry.State.Resolved = set;
                    _changed();
                }

                entry.HasLookedUp = true;
                await Task.Delay(rate, _time, entry.Stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The cluster changed or the process ends.
        }
    }

    /// <summary>The endpoints with addresses; null when nothing could be resolved.</summary>
    private async Task<EndpointSetModel?> ResolveAsync(ClusterModel model, CancellationToken cancel)
    {
        var localities = new List<LocalityEndpointsModel>();
        int found = 0;
        foreach (LocalityEndpointsModel locality in model.Endpoints.Localities)
        {
            var endpoints = new List<EndpointModel>();
            foreach (EndpointModel endpoint in locality.Endpoints)
            {
                foreach (IPAddress address in await LookUpAsync(endpoint, model, cancel).ConfigureAwait(false))
                {
                    int port = endpoint.Port != 0 ? endpoint.Port : endpoint.Address.Port;
                    endpoints.Add(new EndpointModel
                    {
                        Address = NetworkAddress.From(address, port),
                        Hostname = endpoint.Hostname,
                        Port = port,
                        Weight = endpoint.Weight,
                        Health = endpoint.Health,
                        Metadata = endpoint.Metadata,
                    });
                    if (model.Discovery == ClusterDiscovery.LogicalDns) break;
                }
            }

            found += endpoints.Count;
            localities.Add(new LocalityEndpointsModel
            {
                Locality = locality.Locality,
                Priority = locality.Priority,
                Weight = locality.Weight,
                Endpoints = [.. endpoints.DistinctBy(static endpoint => endpoint.Address)],
            });
        }

        return found == 0 ? null : new EndpointSetModel
        {
            Localities = localities,
            OverprovisioningFactor = model.Endpoints.OverprovisioningFactor,
            VersionInfo = model.Endpoints.VersionInfo,
        };
    }

    private async Task<IReadOnlyList<IPAddress>> LookUpAsync(EndpointModel endpoint, ClusterModel model, CancellationToken cancel)
    {
        if (endpoint.Hostname.Length == 0) return endpoint.Address.IsNone ? [] : [endpoint.Address.ToIPAddress()];
        if (IPAddress.TryParse(endpoint.Hostname, out IPAddress? literal)) return [literal];
        await _lookups.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(s_lookupTimeout);
            IPAddress[] addresses = await System.Net.Dns.GetHostAddressesAsync(endpoint.Hostname, limit.Token).ConfigureAwait(false);
            return Wanted(addresses, model.DnsLookupFamily);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return [];
        }
        finally
        {
            _lookups.Release();
        }
    }

    private static IPAddress[] Wanted(IPAddress[] addresses, DnsLookupFamily family)
    {
        IPAddress[] v4 = [.. addresses.Where(static address => address.AddressFamily == AddressFamily.InterNetwork)];
        IPAddress[] v6 = [.. addresses.Where(static address => address.AddressFamily == AddressFamily.InterNetworkV6)];
        return family switch
        {
            DnsLookupFamily.V4Only => v4,
            DnsLookupFamily.V6Only => v6,
            DnsLookupFamily.V4Preferred => v4.Length > 0 ? v4 : v6,
            DnsLookupFamily.All => addresses,
            _ => v6.Length > 0 ? v6 : v4,
        };
    }

    private static bool SameAddresses(EndpointSetModel left, EndpointSetModel right) =>
        left.Localities.SelectMany(static locality => locality.Endpoints).Select(static endpoint => endpoint.Address).ToHashSet()
            .SetEquals(right.Localities.SelectMany(static locality => locality.Endpoints).Select(static endpoint => endpoint.Address));

    private sealed record Entry(ClusterModel Model, ClusterState State, CancellationTokenSource Stop)
    {
        private volatile bool _hasLookedUp;

        public bool HasLookedUp
        {
            get => _hasLookedUp;
            set => _hasLookedUp = value;
        }
    }
}
