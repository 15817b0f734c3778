using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for WorkloadGroup and its readiness probe.</summary>
internal static class WorkloadGroupValidator
{
    public static void Check(Scope at, WorkloadGroup group)
    {
        if (group.Template is null)
        {
            at["template"].Report(ValueDiagnostics.Required, "is required.", "Write template: with ports or a serviceAccount.");
        }
        else
        {
            if (group.Template.Address.Length > 0)
                at["template"]["address"].Report(ValueDiagnostics.NotAllowed, "is not allowed: each workload brings its own address.", "Remove it.");
            WorkloadEntryValidator.CheckDetails(at["template"], group.Template);
        }
        if (group.Metadata is { } metadata)
            LabelRules.CheckAll(at["metadata"]["labels"], metadata.Labels, ValueDiagnostics.Label);
        if (group.Probe is { } probe)
            Probe(at["probe"], probe);
    }

    public static void Probe(Scope at, ReadinessProbe probe)
    {
        ValueRules.NotNegative(at["initialDelaySeconds"], probe.InitialDelaySeconds);
        ValueRules.NotNegative(at["timeoutSeconds"], probe.TimeoutSeconds);
        ValueRules.NotNegative(at["periodSeconds"], probe.PeriodSeconds);
        ValueRules.NotNegative(at["successThreshold"], probe.SuccessThreshold);
        ValueRules.NotNegative(at["failureThreshold"], probe.FailureThreshold);
        switch (probe.HealthCheckMethodCase)
        {
            case ReadinessProbe.HealthCheckMethodOneofCase.HttpGet:
                Http(at["httpGet"], probe.HttpGet);
                break;
            case ReadinessProbe.HealthCheckMethodOneofCase.TcpSocket:
                ValueRules.Port(at["tcpSocket"]["port"], probe.TcpSocket.Port);
                break;
            case ReadinessProbe.HealthCheckMethodOneofCase.Grpc:
                ValueRules.Port(at["grpc"]["port"], probe.Grpc.Port);
                break;
            case ReadinessProbe.HealthCheckMethodOneofCase.Exec:
                if (probe.Exec.Command.Count == 0)
                    at["exec"]["command"].Report(ValueDiagnostics.Required, "is required.", "Write command: [program, argument].");
                break;
            default:
                at.Report(TrafficDiagnostics.Probe, "checks nothing.", "Set httpGet, tcpSocket, exec or grpc.");
                break;
        }
    }

    private static void Http(Scope at, HTTPHealthCheckConfig http)
    {
        ValueRules.Port(at["port"], http.Port);
        if (http.Path.Length > 0 && !http.Path.StartsWith('/'))
            at["path"].Report(TrafficDiagnostics.Probe, $"is \"{http.Path}\", but must begin with /.", $"Write /{http.Path}.");
        if (http.Scheme.Length > 0)
            ValueRules.OneOf(at["scheme"], http.Scheme, "HTTP", "HTTPS");
        for (int i = 0; i < http.HttpHeaders.Count; i++)
            HeaderRules.Name(at["httpHeaders"][i]["name"], http.HttpHeaders[i].Name);
    }
}
