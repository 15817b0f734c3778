using Weft.Control.Discovery.Registry;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>
/// One workload in its place, from registration to end: registers, starts the proxy, starts the program once the proxy serves and
/// what it waits for is ready, and tells the control plane when the program's health changes. Owns the place and both
/// processes; <see cref="RunAsync"/> returns when both have ended.
/// </summary>
public sealed class WorkloadSupervisor
{
    private readonly WorkloadEnvironment _environment;
    private readonly IWorkloadPlace _place;
    private readonly string _directory;
    private readonly ProxyBootstrap _bootstrap;
    private readonly ProxyRunner _proxy;
    private readonly AppRunner? _app;
    private readonly Lock _announcing = new();
    private Task _announced = Task.CompletedTask;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Prepares; nothing runs yet. The place is this object's from now on.</summary>
    public WorkloadSupervisor(WorkloadEnvironment environment, WorkloadDefinition definition, IWorkloadPlace place)
    {
        _environment = environment;
        Definition = definition;
        _place = place;
        _directory = environment.State.WorkloadDirectory(definition);
        _bootstrap = new ProxyBootstrap
        {
            Workload = definition,
            Address = place.Address,
            AdminAddress = place.AdminAddress,
            Loopback = place.Loopback,
            ControlAddress = environment.ControlEndpoints.Address,
            DiscoveryPort = environment.ControlEndpoints.DiscoveryPort,
            AuthorityPort = environment.ControlEndpoints.SecurePort,
            RootFile = environment.ControlEndpoints.RootFile,
            TokenFile = Path.Combine(_directory, "token"),
        };
        _proxy = new ProxyRunner(environment, place, _bootstrap, _directory, OnProxyChange);
        if (!definition.IsGateway && definition.Command.Length > 0)
            _app = new AppRunner(environment, definition, place.Probe, LaunchAsync, AppPort, SetState);
        State = WorkloadState.StartingProxy;
    }

    /// <summary>What it runs.</summary>
    public WorkloadDefinition Definition { get; }

    /// <summary>Where it is in its life.</summary>
    public WorkloadState State { get; private set; }

    /// <summary>What there is to say about the state, with the program's last lines if it ended.</summary>
    public string Detail { get; private set; } = "";

    /// <summary>Completes when program and proxy serve for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>The program's exit code once it has ended for good.</summary>
    public int ExitCode => _app?.ExitCode ?? 0;

    private int AppPort => _place.Ports.Length > 0 ? _place.Ports[0].ApplicationPort : 0;

    /// <summary>Runs until the program has ended for good or until cancelled. Everything has ended when it returns.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using CancellationTokenSource proxyStop = new();
        Task proxy = Task.CompletedTask;
        try
        {
            await UntilDoneAsync(() => RegisterAsync(healthy: false, stop), stop);
            SetState(WorkloadState.StartingProxy, "");
            proxy = _proxy.RunAsync(proxyStop.Token);
            await _proxy.FirstReady.WaitAsync(stop);
            foreach (string other in Definition.WaitFor)
            {
                SetState(WorkloadState.Waiting, $"waits for {other}");
                await _environment.WhenReady(other, stop);
            }

            if (_app is not null)
            {
                await _app.RunAsync(stop);
            }
            else
            {
                SetState(WorkloadState.Ready, "");
                await Task.Delay(Timeout.InfiniteTimeSpan, _environment.Clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            // The program has ended, and its proxy is not needed without it.
            await proxyStop.CancelAsync();
            await proxy;
            await _announced;
            await UnregisterAsync();
            await _place.DisposeAsync();
            if (State is not (WorkloadState.Completed or WorkloadState.Failed))
                SetState(WorkloadState.Stopped, "");
        }
    }

    /// <summary>The registration as it should be now; for a control plane that starts anew.</summary>
    public WorkloadRegistration Registration(bool healthy) => new()
    {
        Name = Definition.Name,
        Namespace = Definition.Namespace,
        Address = _place.Address,
        Ports = _place.Ports,
        Labels = Definition.Labels,
        ServiceAccount = Definition.ServiceAccount,
        Service = Definition.Service,
        Healthy = healthy,
    };

    /// <summary>Fetches the names that this workload sees and brings what its program sees of them up to date.</summary>
    public async Task<IReadOnlyList<NameReply>> RefreshNamesAsync(CancellationToken stop)
    {
        IReadOnlyList<NameReply> names = await _environment.ControlPlane.NamesAsync(Definition.Namespace, Definition.Name, _place.Loopback, stop);
        _place.ShowNames(names);
        return names;
    }

    /// <summary>Puts a new process in the place of the proxy; see <see cref="ProxyRunner.ReplaceAsync"/>.</summary>
    public Task<(int Old, int New)> ReplaceProxyAsync(CancellationToken stop) => _proxy.ReplaceAsync(stop);

    /// <summary>What <c>weft status</c> shows.</summary>
    public WorkloadReport Report() => new(
        Definition.Namespace, Definition.Name, Definition.IsGateway, _place.Address, Definition.Identity(), State, Detail,
        _proxy.IsReady, _proxy.ProcessId, _app?.ProcessId, _proxy.Restarts, _app?.Restarts ?? 0,
        [.. _place.Ports.Select(port => port.InboundPort)], $"{_bootstrap.AdminAddress}:{ProxyBootstrap.AdminPort}", _bootstrap.NodeId);

    /// <summary>The same, with what the proxy has to say.</summary>
    public async Task<WorkloadReport> ReportAsync(CancellationToken stop) => Report() with { SlowPorts = await _proxy.SlowPortsAsync(stop) };

    /// <summary>Does what may fail for a reason that passes (a full disk) until it succeeds; the reason is shown meanwhile.</summary>
    private async Task UntilDoneAsync(Func<Task> attempt, CancellationToken stop)
    {
        Backoff backoff = default;
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (CliException error)
            {
                SetState(WorkloadState.Restarting, error.Message);
            }

            await Task.Delay(backoff.Next(TimeSpan.Zero), _environment.Clock, stop);
        }
    }

    private async Task<LaunchRequest> LaunchAsync(CancellationToken stop)
    {
        IReadOnlyList<NameReply> names = [];
        await UntilDoneAsync(async () => names = await RefreshNamesAsync(stop), stop);
        return new LaunchRequest
        {
            Command = Definition.Command,
            WorkingDirectory = Definition.WorkingDirectory,
            Environment = _place.AppEnvironment(names),
            Wrapper = _place.AppWrapper,
            OnLine = line => _environment.Logs.Write(Definition.Name, "app", line),
        };
    }

    private void OnProxyChange()
    {
        if (_proxy.Trouble.Length > 0 && State is WorkloadState.StartingProxy or WorkloadState.Ready)
            Detail = _proxy.Trouble;
        else if (_proxy.IsReady && Detail.StartsWith("the proxy", StringComparison.Ordinal))
            Detail = "";
        _environment.OnChange(this);
    }

    private void SetState(WorkloadState state, string detail)
    {
        bool wasServing = State == WorkloadState.Ready;
        State = state;
        Detail = detail;
        bool serves = state == WorkloadState.Ready;
        if (serves != wasServing && state != WorkloadState.Stopped)
            Announce(serves);
        _environment.OnChange(this);
    }

    // One after the other, so that the last state is what the control plane ends up with.
    private void Announce(bool healthy)
    {
        lock (_announcing)
            _announced = AnnounceAfterAsync(_announced, healthy);
    }

    private async Task AnnounceAfterAsync(Task before, bool healthy)
    {
        await before;
        try
        {
            await RegisterAsync(healthy, CancellationToken.None);
        }
        catch (CliException error)
        {
            _environment.Logs.Write(Definition.Name, "proxy", error.Message);

            // Refused; else the control plane was told, and what failed is only the file that it reads when it starts anew.
            if (error.InnerException is null)
                return;
        }

        if (healthy)
            _ready.TrySetResult();
    }

    private async Task RegisterAsync(bool healthy, CancellationToken stop)
    {
        string token = await _environment.ControlPlane.RegisterAsync(Registration(healthy), stop);
        StateDirectory.WritePrivate(_bootstrap.TokenFile, token, _place.ProxyUser);
    }

    private async Task UnregisterAsync()
    {
        try
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
            await _environment.ControlPlane.UnregisterAsync(Definition.Namespace, Definition.Name, limit.Token);
        }
        catch (Exception error) when (error is CliException or OperationCanceledException)
        {
            // The control plane is stopping too.
        }
    }
}
