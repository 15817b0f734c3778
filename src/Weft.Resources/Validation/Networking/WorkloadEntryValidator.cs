using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for WorkloadEntry, alone and inside other kinds.</summary>
internal static class WorkloadEntryValidator
{
    private const string UnixPrefix = "unix://";
    private const int MaxPorts = 128;

    public static bool IsUnix(string address) => address.StartsWith(UnixPrefix, StringComparison.Ordinal);

    public static void Check(Scope at, WorkloadEntry entry) => CheckEntry(at, entry, addressIsOptional: entry.Network.Length > 0);

    public static void CheckEntry(Scope at, WorkloadEntry entry, bool addressIsOptional)
    {
        if (entry.Address.Length == 0)
        {
            if (!addressIsOptional)
                at["address"].Report(ValueDiagnostics.Required, "is required.", "Write address: 10.0.0.5, or network: for a workload behind a gateway.");
        }
        else if (IsUnix(entry.Address))
        {
            string path = entry.Address[UnixPrefix.Length..];
            if (!path.StartsWith('/') && !path.StartsWith('@'))
                at["address"].Report(ValueDiagnostics.Address, "must be an absolute path or an abstract socket.", "Write unix:///run/my.sock or unix://@name.");
            else if (path.EndsWith('/'))
                at["address"].Report(ValueDiagnostics.Address, "names a directory, not a socket.", "Remove the / at its end.");
            if (entry.Ports.Count > 0)
                at["ports"].Report(TrafficDiagnostics.Endpoint, "is not allowed together with a Unix socket.", "Remove the ports.");
        }
        else if (!Names.IsIpAddress(entry.Address) && !Names.IsFqdn(entry.Address))
        {
            at["address"].Report(ValueDiagnostics.Address, $"is neither an IP address nor a host name: \"{entry.Address}\".", "Write for example 10.0.0.5 or db.example.com.");
        }
        CheckDetails(at, entry);
    }

    public static void CheckDetails(Scope at, WorkloadEntry entry)
    {
        ValueRules.Limit(at["ports"], entry.Ports.Count, MaxPorts, "ports");
        foreach ((string name, uint port) in entry.Ports)
        {
            ValueRules.DnsLabel(at["ports"][name], name);
            ValueRules.Port(at["ports"][name], port);
        }
        LabelRules.CheckAll(at["labels"], entry.Labels, ValueDiagnostics.Label);
        string[] places = entry.Locality.Split('/');
        if (entry.Locality.Length > 0 && (places.Length > 3 || places.Any(p => p.Length == 0)))
            at["locality"].Report(TrafficDiagnostics.Locality, $"is no locality: \"{entry.Locality}\".", "Write region, region/zone or region/zone/subzone.");
    }
}
