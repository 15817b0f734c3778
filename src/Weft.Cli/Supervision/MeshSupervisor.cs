using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Weft.Cli.Output;
using Weft.Control.Configuration;
using Weft.Resources;

namespace Weft.Cli.Supervision;

/// <summary>
/// A running mesh on this machine: the control plane as a process of its own, and for each Workload of a directory a proxy and
/// a program. It follows the directory: what is new starts, what has changed restarts, what has gone stops. Order of the end:
/// programs, their proxies, gateways, control plane; <see cref="RunAsync"/> returns when nothing runs any more.
/// </summary>
public sealed class MeshSupervisor(MeshSettings settings)
{
    private readonly LogHub _logs = new(settings.Clock);
    private readonly ConcurrentDictionary<string, RunningWorkload> _running = new();
    private readonly TaskCompletionSource _stopAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _changed = new();
    private IReadOnlyList<ResourceObject> _resources = [];
    private HashSet<Diagnostic> _findings = [];
    private ControlPlaneRunner? _controlPlane;
    private MeshDescription? _description;

    /// <summary>Runs the mesh until cancelled or asked to stop over its API.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long started = settings.Clock.GetTimestamp();
        using IDisposable owned = settings.State.Acquire();
        await using IMeshNetwork network = await settings.Network(settings.State);
        ControlPlaneEndpoints endpoints = ControlPlaneEndpoints.Of(network.ControlAddress, settings.State);
        _description = new MeshDescription(Environment.ProcessId, settings.Directory, settings.Clock.GetUtcNow(), endpoints.Address);
        settings.State.Describe(_description);

        await using ProcessGuard guard = ProcessGuard.Start();
        if (network.CleanUpCommand is { } cleanUp)
            guard.AtEnd(cleanUp);
        using ControlPlaneClient client = new(settings.State, settings.Clock);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using CancellationTokenSource controlEnding = new();
        _controlPlane = new ControlPlaneRunner(settings, endpoints, client, guard, _logs);
        Task control = _controlPlane.RunAsync(controlEnding.Token);
        Task printing = settings.ShowLogs ? new LogPrinter(settings.Terminal, _logs).RunAsync(controlEnding.Token) : Task.CompletedTask;
        try
        {
            // While the control plane starts.
            await using SupervisorApi api = await SupervisorApi.StartAsync(settings.State, _logs, ReportAsync, SourcesOf, ReplaceProxiesAsync, () => _stopAsked.TrySetResult());
            await using DirectorySource source = new(settings.Directory, settings.Clock);
            GatewayPorts.RequireFree(source.State.Objects);
            Channel<bool> changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
            source.Changed += _ => changes.Writer.TryWrite(true);
            source.Start();
            ProxyBootstrap.Prepare();

            await _controlPlane.FirstReady.WaitAsync(ending.Token);
            settings.Terminal.Step(Tone.Good, "control plane", $"{endpoints.Address}:{endpoints.DiscoveryPort}");
            WorkloadEnvironment environment = new()
            {
                State = settings.State,
                ProxyProgram = settings.ProxyProgram,
                ControlPlane = client,
                ControlEndpoints = endpoints,
                Guard = guard,
                Logs = _logs,
                Clock = settings.Clock,
                ProxyConcurrency = settings.ProxyConcurrency,
                OnChange = ShowChange,
                WhenReady = WhenReadyAsync,
            };
            await FollowDirectoryAsync(source, changes.Reader, environment, network, started, ending);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            await ending.CancelAsync();
            try
            {
                await StopWorkloadsAsync([.. _running.Values]);
            }
            finally
            {
                await controlEnding.CancelAsync();
                await control;
                await printing;
            }
        }
    }

    /// <summary>What runs now.</summary>
    public MeshReport Report() => Report([.. _running.Values.Select(workload => workload.Supervisor.Report())]);

    /// <summary>The same, with what the proxies have to say; each has a second to say it.</summary>
    public async Task<MeshReport> ReportAsync(CancellationToken stop) => Report(await Task.WhenAll(_running.Values.Select(workload => workload.Supervisor.ReportAsync(stop))));

    private MeshReport Report(WorkloadReport[] workloads) => new(
        _description!,
        _controlPlane!.Report(),
        [.. workloads
            .OrderByDescending(workload => workload.IsGateway).ThenBy(workload => workload.Namespace, StringComparer.Ordinal)
            .ThenBy(workload => workload.Name, StringComparer.Ordinal)],
        WorkloadDefinitions.Urls(_resources, GatewayPorts.PortOf));

    private async Task FollowDirectoryAsync(
        DirectorySource source, ChannelReader<bool> changes, WorkloadEnvironment environment, IMeshNetwork network, long started, CancellationTokenSource ending)
    {
        bool first = true;
        while (!ending.IsCancellationRequested)
        {
            await ApplyAsync(source.State, environment, network, ending.Token);
            if (first)
                _ = AnnounceReadyAsync(started, ending.Token);
            first = false;
            await Task.WhenAny(changes.ReadAsync(ending.Token).AsTask(), _stopAsked.Task);
            if (_stopAsked.Task.IsCompleted)
                await ending.CancelAsync();
        }
    }

    private async Task ApplyAsync(SourceState state, WorkloadEnvironment environment, IMeshNetwork network, CancellationToken stop)
    {
        ShowFindings(state);
        _resources = state.Objects;
        Dictionary<string, WorkloadDefinition> wanted = WorkloadDefinitions.From(state.Objects).GroupBy(item => item.Key).ToDictionary(group => group.Key, group => group.First());

        RunningWorkload[] ended = [.. _running.Values.Where(running =>
            !wanted.TryGetValue(running.Supervisor.Definition.Key, out WorkloadDefinition? next) || !next.RunsLike(running.Supervisor.Definition))];
        await StopWorkloadsAsync(ended);
        foreach (WorkloadDefinition definition in wanted.Values)
        {
            if (!_running.ContainsKey(definition.Key))
                await StartAsync(definition, environment, network, stop);
        }

        // Services may have come or gone: programs see the change in their hosts file.
        foreach (RunningWorkload running in _running.Values)
            _ = RefreshNamesAsync(running);
    }

    // Each finding once, for as long as it stays; and a word when the last error is mended.
    private void ShowFindings(SourceState state)
    {
        HashSet<Diagnostic> findings = [.. state.Diagnostics.Where(finding => finding.Level != DiagnosticLevel.Info)];
        foreach (Diagnostic finding in findings.Where(finding => !_findings.Contains(finding)))
            settings.Terminal.Error.WriteLine(DiagnosticText.Of(finding, settings.Terminal.ForError));
        bool hadErrors = _findings.Any(finding => finding.Level == DiagnosticLevel.Error), hasErrors = findings.Any(finding => finding.Level == DiagnosticLevel.Error);
        if (hasErrors && !findings.IsSubsetOf(_findings))
            settings.Terminal.Step(Tone.Warning, "configuration", "what has errors stays as it was; the rest is in force");
        else if (hadErrors && !hasErrors)
            settings.Terminal.Step(Tone.Good, "configuration", "no errors any more; all of it is in force");
        _findings = findings;
    }

    private async Task StartAsync(WorkloadDefinition definition, WorkloadEnvironment environment, IMeshNetwork network, CancellationToken stop)
    {
        WorkloadSupervisor supervisor;
        try
        {
            IWorkloadPlace place = await network.PlaceAsync(definition, settings.State.WorkloadDirectory(definition), stop);
            supervisor = new WorkloadSupervisor(environment, definition, place);
        }
        catch (CliException error)
        {
            settings.Terminal.Step(Tone.Bad, definition.Name, error.Message);
            return;
        }

        CancellationTokenSource ending = new();
        _running[definition.Key] = new RunningWorkload(supervisor, ending, supervisor.RunAsync(ending.Token));
    }

    private async Task StopWorkloadsAsync(IReadOnlyCollection<RunningWorkload> workloads)
    {
        // Gateways last: they stop the traffic from outside, but what is inside must not see its neighbours vanish first.
        foreach (IGrouping<bool, RunningWorkload> group in workloads.GroupBy(workload => workload.Supervisor.Definition.IsGateway).OrderBy(group => !group.Key))
        {
            await Task.WhenAll(group.Select(async workload =>
            {
                await workload.Stop.CancelAsync();
                await workload.Running;
                workload.Stop.Dispose();
                _running.TryRemove(new KeyValuePair<string, RunningWorkload>(workload.Supervisor.Definition.Key, workload));
            }));
        }
    }

    private async Task AnnounceReadyAsync(long started, CancellationToken stop)
    {
        // A program that fails is not waited for: its state is shown instead.
        Task all = Task.WhenAll(_running.Values.Select(workload => Task.WhenAny(workload.Supervisor.Ready, workload.Running)));
        await Task.WhenAny(all, Task.Delay(Timeout.InfiniteTimeSpan, settings.Clock, stop));
        if (!stop.IsCancellationRequested)
            settings.OnReady(Report(), settings.Clock.GetElapsedTime(started));
    }

    private async Task RefreshNamesAsync(RunningWorkload running)
    {
        try
        {
            if (running.Supervisor.Ready.IsCompleted)
                await running.Supervisor.RefreshNamesAsync(running.Stop.Token);
        }
        catch (Exception error) when (error is CliException or OperationCanceledException or ObjectDisposedException)
        {
            _logs.Write(running.Supervisor.Definition.Name, "proxy", $"The names of the mesh were not refreshed: {error.Message}");
        }
    }

    private async Task WhenReadyAsync(string name, CancellationToken stop)
    {
        while (!_running.Values.Any(workload => workload.Supervisor.Definition.Name == name && workload.Supervisor.Ready.IsCompleted))
            await Task.Delay(TimeSpan.FromMilliseconds(20), settings.Clock, stop);
    }

    /// <summary>
    /// Replaces proxies by new processes, one after the other, gateways last, and stops at the first that cannot be replaced. Null when one of the services
    /// does not run here; without any, all proxies are meant.
    /// </summary>
    private IAsyncEnumerable<ProxyReplacement>? ReplaceProxiesAsync(IReadOnlyList<string> services, CancellationToken stop)
    {
        Func<string, bool>[] wanted = new Func<string, bool>[services.Count];
        for (int i = 0; i < wanted.Length; i++)
        {
            if (services[i] == ControlPlaneRunner.Source || SourcesOf(services[i]) is not { } names)
                return null;
            wanted[i] = names;
        }

        WorkloadSupervisor[] workloads = [.. _running.Values.Select(static running => running.Supervisor)
            .Where(workload => wanted.Length == 0 || Array.Exists(wanted, names => names(workload.Definition.Name)))
            .OrderBy(static workload => workload.Definition.IsGateway).ThenBy(static workload => workload.Definition.Key, StringComparer.Ordinal)];
        return ReplaceProxiesAsync(workloads, stop);
    }

    private async IAsyncEnumerable<ProxyReplacement> ReplaceProxiesAsync(
        IReadOnlyList<WorkloadSupervisor> workloads, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        foreach (WorkloadSupervisor workload in workloads)
        {
            ProxyReplacement done = await ReplaceProxyAsync(workload, stop);
            yield return done;
            if (done.Error is not null)
                yield break;
        }
    }

    private async Task<ProxyReplacement> ReplaceProxyAsync(WorkloadSupervisor workload, CancellationToken stop)
    {
        long started = settings.Clock.GetTimestamp();
        (string space, string name) = (workload.Definition.Namespace, workload.Definition.Name);
        try
        {
            (int old, int now) = await workload.ReplaceProxyAsync(stop);
            return new ProxyReplacement(space, name, old, now, settings.Clock.GetElapsedTime(started).TotalSeconds, null);
        }
        catch (CliException error)
        {
            return new ProxyReplacement(space, name, null, null, settings.Clock.GetElapsedTime(started).TotalSeconds, error.Message);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new ProxyReplacement(space, name, null, null, settings.Clock.GetElapsedTime(started).TotalSeconds, $"The workload {name} is stopping.");
        }
    }

    private Func<string, bool>? SourcesOf(string service)
    {
        if (service == ControlPlaneRunner.Source)
            return source => source == service;
        HashSet<string> names = [.. _running.Values.Select(workload => workload.Supervisor.Definition)
            .Where(workload => workload.Name == service || workload.Service == service || workload.Labels.GetValueOrDefault("app") == service)
            .Select(workload => workload.Name)];
        return names.Count == 0 ? null : names.Contains;
    }

    private void ShowChange(WorkloadSupervisor workload)
    {
        string name = workload.Definition.Name;
        (WorkloadState, string) shown = (workload.State, workload.Detail);
        lock (_changed)
        {
            if (!_running.TryGetValue(workload.Definition.Key, out RunningWorkload? running) || running.Shown == shown)
                return;
            running.Shown = shown;
        }

        switch (workload.State)
        {
            case WorkloadState.Ready:
                WorkloadReport report = workload.Report();
                settings.Terminal.Step(Tone.Good, name, workload.Detail.Length > 0 ? workload.Detail
                    : string.Join(", ", report.Ports.Select(port => $"{report.Address}:{port.ToString(CultureInfo.InvariantCulture)}").DefaultIfEmpty(report.Address)));
                break;
            case WorkloadState.Restarting or WorkloadState.Failed:
                settings.Terminal.Step(Tone.Bad, name, workload.Detail);
                break;
            case WorkloadState.StartingProxy when workload.Detail.Length > 0:
            case WorkloadState.Unhealthy:
                settings.Terminal.Step(Tone.Warning, name, workload.Detail);
                break;
            case WorkloadState.Completed:
                settings.Terminal.Step(Tone.Plain, name, workload.Detail);
                break;
        }
    }

    private sealed record RunningWorkload(WorkloadSupervisor Supervisor, CancellationTokenSource Stop, Task Running)
    {
        public (WorkloadState State, string Detail) Shown { get; set; }
    }
}
