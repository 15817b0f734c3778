using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;
using Weft.Resources;
using Weft.V1Alpha1;

namespace Weft.Cli.Supervision;

/// <summary>What is to run for a set of resources: each Workload, and a gateway for each selector that no Workload answers.</summary>
public static class WorkloadDefinitions
{
    /// <summary>Istio's ingress gateway, which <c>istio: ingressgateway</c> selects.</summary>
    public const string GatewayNamespace = "istio-system";

    /// <summary>All definitions, gateways first, then by key. Objects with errors and of other kinds are skipped.</summary>
    public static IReadOnlyList<WorkloadDefinition> From(IEnumerable<ResourceObject> resources)
    {
        List<ResourceObject> all = [.. resources.Where(resource => resource.IsValid)];
        List<WorkloadDefinition> workloads = [.. all.Where(resource => resource.Spec is Workload).Select(FromWorkload)];
        IEnumerable<WorkloadDefinition> gateways = all.Where(resource => resource.Spec is Gateway)
            .Select(resource => (Gateway)resource.Spec)
            .Where(gateway => gateway.Selector.Count > 0 && !workloads.Exists(workload => Selects(gateway, workload)))
            .Select(FromGateway).DistinctBy(gateway => gateway.Key);
        return [.. gateways.OrderBy(gateway => gateway.Key, StringComparer.Ordinal), .. workloads.OrderBy(workload => workload.Key, StringComparer.Ordinal)];
    }

    /// <summary>The addresses that a browser can open: each HTTP server of each gateway that a started gateway proxy serves.</summary>
    public static IReadOnlyList<string> Urls(IEnumerable<ResourceObject> resources, Func<int, int> portOf) =>
        [.. resources.Where(resource => resource is { IsValid: true, Spec: Gateway }).SelectMany(resource => ((Gateway)resource.Spec).Servers)
            .Select(server => (Scheme: Scheme(server), Port: portOf((int)server.Port.Number)))
            .Where(server => server.Scheme is not null).OrderBy(server => server.Port)
            .Select(server => $"{server.Scheme}://127.0.0.1:{server.Port}/").Distinct()];

    private static string? Scheme(Server server) => server.Port?.Protocol.ToUpperInvariant() switch
    {
        "HTTP" or "HTTP2" => "http",
        "HTTPS" => "https",
        _ => null,
    };

    private static bool Selects(Gateway gateway, WorkloadDefinition workload) =>
        gateway.Selector.All(label => workload.Labels.GetValueOrDefault(label.Key) == label.Value);

    private static WorkloadDefinition FromGateway(Gateway gateway)
    {
        ImmutableSortedDictionary<string, string> labels = gateway.Selector.ToImmutableSortedDictionary();
        string name = labels.TryGetValue("istio", out string? role) ? $"istio-{role}" : labels.Values.First();
        return new WorkloadDefinition
        {
            Name = name,
            Namespace = GatewayNamespace,
            IsGateway = true,
            Labels = labels.ContainsKey("app") ? labels : labels.Add("app", name),
            ServiceAccount = $"{name}-service-account",
        };
    }

    private static WorkloadDefinition FromWorkload(ResourceObject resource)
    {
        Workload workload = (Workload)resource.Spec;
        string folder = resource.File is null ? Directory.GetCurrentDirectory() : Path.GetDirectoryName(Path.GetFullPath(resource.File)) ?? "/";
        return new WorkloadDefinition
        {
            Name = resource.Name,
            Namespace = resource.Namespace,
            Labels = resource.Labels.ToImmutableSortedDictionary(),
            ServiceAccount = workload.ServiceAccount.Length > 0 ? workload.ServiceAccount : "default",
            Service = workload.Service.Length > 0 ? workload.Service : null,
            Command = [.. workload.Command],
            WorkingDirectory = Path.GetFullPath(workload.WorkingDirectory.Length > 0 ? workload.WorkingDirectory : ".", folder),
            Environment = workload.Env.ToImmutableSortedDictionary(),
            Ports = [.. workload.Ports.Select(port => new PortDefinition(port.Name, (int)port.Port, (int)port.AppPort, port.Protocol.Length > 0 ? port.Protocol : null))],
            Health = Health(workload.Health),
            Restart = workload.Restart switch
            {
                Workload.Types.RestartPolicy.OnFailure => RestartRule.OnFailure,
                Workload.Types.RestartPolicy.Never => RestartRule.Never,
                _ => RestartRule.Always,
            },
            StopSignal = workload.StopSignal.Length > 0 ? workload.StopSignal : "SIGTERM",
            WaitFor = [.. workload.WaitFor],
        };
    }

    private static HealthDefinition? Health(HealthCheck? health) => health is null ? null : new HealthDefinition(
        health.Path.Length > 0 ? health.Path : null,
        (int)health.Port,
        health.Interval?.ToTimeSpan() ?? HealthDefinition.Default.Interval,
        health.Timeout?.ToTimeSpan() ?? HealthDefinition.Default.Timeout);
}
