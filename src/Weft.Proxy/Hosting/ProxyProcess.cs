using System.Net;
using System.Net.Sockets;
using Istio.Networking.Nds.V1;
using Weft.Identity;
using Weft.Proxy.Admin;
using Weft.Proxy.Admin.Pages;
using Weft.Proxy.Configuration;
using Weft.Proxy.Discovery;
using Weft.Proxy.Dns;
using Weft.Proxy.Engine;
using Weft.Proxy.Identity;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Overload;
using Weft.Proxy.Telemetry;
using Weft.Xds;

namespace Weft.Proxy.Hosting;

/// <summary>
/// Everything that one <c>weft-proxy</c> is made of, started and stopped in order. Start: engine, static configuration, admin, identity, discovery; one that takes over
/// (ADR 8) first gets the sockets, and opens listeners and admin last, once it is ready.
/// Stop: readiness fails, listeners close and exchanges finish within the drain time, discovery and identity end, workers end, logs are written, admin ends.
/// </summary>
public sealed partial class ProxyProcess : IAsyncDisposable
{
    private const int StatisticsPort = 15020;
    private const int HealthPort = 15021;

    // The authority is reached at whatever address the mesh has, and proves itself by Istio's name for it.
    private const string AuthorityName = "istiod.istio-system.svc";
    private readonly ProxyProcessOptions _options;
    private readonly ProxyBootstrap _bootstrap;
    private readonly TimeProvider _time;
    private readonly ProxyLog _log;
    private readonly ProxyTelemetry _telemetry;
    private readonly ProxyEngine _engine;
    private readonly SnapshotPublisher _publisher;
    private readonly NodeFacts _facts;
    private readonly ProxyAdminTarget _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _discoveryStop;
    private readonly InheritedListeners? _inherited;
    private readonly Lock _dnsLock = new();
    private readonly long _started;
    private readonly TaskCompletionSource _quit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _tasks = [];
    private readonly SecretStore _secrets = new();
    private readonly FileSecrets _files;
    private readonly ResidentMemory _memory = new();
    private readonly OverloadMonitor _overload;
    private AdminServer? _admin;
    private DiscoveryClient? _discovery;
    private WorkloadIdentity? _identity;
    private WorkloadDns? _dns;
    private NameTable? _names;
    private bool _isStarted;

    /// <summary>Builds the parts; <see cref="StartAsync"/> sets them going.</summary>
    /// <param name="options">From the command line.</param>
    /// <param name="bootstrap">What the proxy was started with, checked.</param>
    /// <param name="log">What it says to people.</param>
    /// <param name="time">The clock.</param>
    public ProxyProcess(ProxyProcessOptions options, ProxyBootstrap bootstrap, ProxyLog log, TimeProvider time)
    {
        _options = options;
        _bootstrap = bootstrap;
        _time = time;
        _log = log;
        _discoveryStop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _facts = new NodeFacts(bootstrap.Node);
        string version = typeof(ProxyProcess).Assembly.GetName().Version?.ToString(3) ?? "";
        _telemetry = new ProxyTelemetry(_facts.Labels(""), version: version, log: log.Warning);
        OverloadModel limits = bootstrap.Overload ?? (ResidentMemory.Limit() is var memory and > 0 ? OverloadModel.ForMemory(memory) : OverloadModel.None);
        OverloadState overload = new(limits.MaxDownstreamConnections);
        _inherited = options.TakesOver ? new InheritedListeners() : null;
        _started = time.GetTimestamp();
        _engine = new ProxyEngine(new EngineOptions { Concurrency = options.Concurrency, TimeProvider = time, Telemetry = _telemetry, Log = log.Warning, Inherited = _inherited, Overload = overload, OpenSslRecords = options.OpenSslRecords });
        _overload = new OverloadMonitor(limits, overload, _memory.Measure, _engine.TrimMemoryAsync, time, log.Warning);
        _overload.AddStatistics(_telemetry);
        _publisher = new SnapshotPublisher(bootstrap.Store, Publish);
        _files = new FileSecrets(_secrets, log.Warning, time);
        _secrets.Changed += OnSecretsChanged;
        _target = new ProxyAdminTarget(_engine, bootstrap.Store, bootstrap.Node, log, () => _quit.TrySetResult(), WaitingFor, () => Epoch, () => Age);
    }

    /// <summary>Completes when <c>/quitquitquit</c> was asked for.</summary>
    public Task QuitRequested => _quit.Task;

    /// <summary>Opens what the bootstrap says and connects to the control plane. One that takes over comes back when it has.</summary>
    /// <param name="stop">Gives up while it waits to be ready to take over.</param>
    /// <exception cref="ProxyStartException">An address is taken, a certificate does not parse, a setting is missing, or there is nothing to take over.</exception>
    public async Task StartAsync(CancellationToken stop = default)
    {
        if (_inherited is not null) Introduce();
        _publisher.Publish();
        _isStarted = true;
        _tasks.Add(_files.RunAsync(_stop.Token));
        if (_predecessor is null) OpenOwnPorts();
        if (_facts.AuthorityAddress is { } authority) StartIdentity(authority);
        if (_bootstrap.XdsServer is { } server)
        {
            _discovery = new DiscoveryClient(_bootstrap, _publisher, () => new GrpcDiscoveryTransport(server), _time, _facts.AnswersDns ? TakeNames : null);
            _tasks.Add(_discovery.RunAsync(_discoveryStop.Token));
        }

        if (_predecessor is { } predecessor) await TakeOverAsync(predecessor, stop).ConfigureAwait(false);
        OfferRestart();
        _log.Info($"weft-proxy started: node '{_bootstrap.Node.Id}', {_options.Concurrency} workers, admin at {_bootstrap.AdminAddress}.");
    }

    /// <summary>Ends in good order: no request in flight is lost within the drain time.</summary>
    public async Task StopAsync()
    {
        _target.StartDraining();
        if (!WasTakenOver && _options.DrainNotice > TimeSpan.Zero) await Task.Delay(_options.DrainNotice, _time).ConfigureAwait(false);
        bool isQuiet = await _engine.DrainAsync(_options.DrainTime).ConfigureAwait(false);
        if (!isQuiet)
        {
            _log.Warning($"{_engine.DownstreamConnections} connections were still open after the drain time of {_options.DrainTime.TotalSeconds:0.#} s and are closed.");
            await _engine.EndConnectionsAsync(s_settleTime).ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested) await _stop.CancelAsync().ConfigureAwait(false);
        if (_offer is not null) await _offer.DisposeAsync().ConfigureAwait(false);
        _predecessor?.Dispose();
        _overload.Dispose();
        _publisher.Dispose();
        _engine.Dispose();
        _memory.Dispose();
        _telemetry.Dispose();
        _admin?.Dispose();
        if (_dns is not null) await _dns.DisposeAsync().ConfigureAwait(false);
        _discoveryStop.Dispose();
        _stop.Dispose();
    }

    private void Publish(ProxySnapshot snapshot)
    {
        IReadOnlyList<string> errors = _engine.Publish(snapshot);

        // Files named for the first time make a newer snapshot before this returns.
        _files.Use(snapshot.SecretFiles);

        // Later there is something that serves and must go on; at the start a proxy without its own listeners would only look alive.
        if (!_isStarted && errors.Count > 0) throw new ProxyStartException(string.Join(' ', errors));
        foreach (string error in errors) _log.Error(error);
    }

    private void StartIdentity(string authority)
    {
        if (_facts.TokenFile.Length == 0 || _facts.RootFile.Length == 0)
            throw new ProxyStartException("node.metadata has WEFT_CA_ADDRESS, so it must name WEFT_TOKEN_FILE and WEFT_ROOT_FILE too.");
        if (!Uri.TryCreate($"https://{authority}", UriKind.Absolute, out Uri? address))
            throw new ProxyStartException($"node.metadata.WEFT_CA_ADDRESS '{authority}' is not HOST:PORT.");
        string id = SpiffeId.ForWorkload(_facts.TrustDomain, _facts.Namespace, _facts.ServiceAccount).ToString();
        _identity = new WorkloadIdentity(
            new WorkloadIdentityOptions { SpiffeId = id, RootFile = _facts.RootFile },
            new GrpcCertificateAuthorityClient(address, _facts.TokenFile, _facts.RootFile, AuthorityName),
            _secrets,
            _time);
        _tasks.Add(_identity.RunAsync(_stop.Token));
    }

    /// <summary>What serves others than the workers do: admin, statistics, health, DNS.</summary>
    private void OpenOwnPorts()
    {
        StartAdmin();
        if (!_facts.AnswersDns) return;
        WorkloadDns dns = StartDns();
        lock (_dnsLock)
        {
            _dns = dns;
            if (_names is { } names) dns.Take(names);
        }
    }

    private void TakeNames(NameTable names)
    {
        lock (_dnsLock)
        {
            _names = names;
            _dns?.Take(names);
        }
    }

    private WorkloadDns StartDns()
    {
        const string resolverFile = "/etc/resolv.conf";
        string resolvers = "";
        try
        {
            resolvers = File.ReadAllText(resolverFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Warning($"{resolverFile} cannot be read, so names outside of the mesh are not answered: {e.Message}");
        }

        IPEndPoint listen = new(IPAddress.Loopback, WorkloadDns.DefaultPort);
        try
        {
            return WorkloadDns.Start(listen, _facts.Namespace, _facts.OwnDomains, resolvers, _time, _predecessor?.TakeDns());
        }
        catch (SocketException e)
        {
            throw new ProxyStartException($"The DNS server cannot listen on {listen}: {e.Message}. Each workload with DNS_CAPTURE needs a network namespace of its own.", e);
        }
    }

    private void OnSecretsChanged()
    {
        if (_identity is { } identity) _telemetry.Local = _facts.Labels(identity.Status.SpiffeId);
        _bootstrap.Store.SetLocalSecrets(_secrets.Current);
        _publisher.Publish();
    }

    private void StartAdmin()
    {
        AdminPages pages = new(_target, _telemetry, _time);
        List<AdminBinding> bindings = [];
        if (!_bootstrap.AdminAddress.IsNone)
        {
            IPEndPoint admin = new(_bootstrap.AdminAddress.ToIPAddress(), _bootstrap.AdminAddress.Port);
            if (!IPAddress.IsLoopback(admin.Address))
                throw new ProxyStartException($"The admin server must listen on a loopback address, not on {admin.Address}: its pages change the proxy and show what it holds.");
            bindings.Add(new AdminBinding(admin, pages.Admin()));
        }

        if (_facts.AuthorityAddress is not null && IPAddress.TryParse(_facts.WorkloadAddress, out IPAddress? workload))
        {
            bindings.Add(new AdminBinding(new IPEndPoint(workload, StatisticsPort), pages.Statistics()));
            bindings.Add(new AdminBinding(new IPEndPoint(workload, HealthPort), pages.Health()));
        }

        try
        {
            if (bindings.Count > 0) _admin = new AdminServer(bindings, _log.Warning, _predecessor is { } predecessor ? predecessor.TakeAdmin : null);
        }
        catch (SocketException e)
        {
            throw new ProxyStartException($"The admin server cannot listen on {string.Join(", ", bindings.Select(b => b.Address))}: {e.Message}.", e);
        }
    }

    private string WaitingFor()
    {
        if (_identity is { } identity && !identity.FirstCertificate.IsCompletedSuccessfully)
            return identity.Status.LastError.Length > 0 ? $"Waiting for a certificate: {identity.Status.LastError}" : "Waiting for a certificate.";
        if (_discovery is not { } discovery) return "";
        DiscoveryStatus status = discovery.Status;
        bool Arrived(string typeUrl) => status.Types.Any(type => type.TypeUrl == typeUrl && (type.Version.Length > 0 || type.HeldCount > 0));
        bool isComplete = (!_bootstrap.XdsServer!.WantsClusters || Arrived(XdsTypeUrls.Cluster)) && (!_bootstrap.XdsServer.WantsListeners || Arrived(XdsTypeUrls.Listener));
        if (!isComplete)
            return status.LastError is { } error ? $"Waiting for configuration: {error}" : "Waiting for configuration.";
        return _bootstrap.Store.Report().Any(r => r.TypeUrl == XdsTypeUrls.Listener && r.IsWarming) ? "Waiting for routes of listeners." : "";
    }
}
