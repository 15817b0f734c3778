using Envoy.Config.Core.V3;
using Google.Protobuf;
using Istio.Networking.Nds.V1;
using Weft.Proxy.Configuration;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Discovery;

/// <summary>
/// Keeps one ADS stream to the configuration server open, applies what comes to the store and publishes snapshots. When the
/// server is gone, everything stays in force as it was, and the client comes back with a jittered back-off and tells what it
/// holds, so that only differences travel.
/// </summary>
public sealed class DiscoveryClient : IAdsConsumer
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstResponseDeadline = TimeSpan.FromSeconds(15);

    private readonly XdsServerSettings _server;
    private readonly Func<IDiscoveryTransport> _connect;
    private readonly ConfigurationStore _store;
    private readonly SnapshotPublisher _publisher;
    private readonly TimeProvider _time;
    private readonly DiscoveryBackOff _backOff;
    private readonly DeltaClientStream? _delta;
    private readonly SotwClientStream? _sotw;
    private readonly AdsClientStream _stream;
    private readonly Action<NameTable>? _onNameTable;
    private DependentNames? _subscribed;
    private DiscoveryStatus _status;

    /// <summary>Prepares a client; <see cref="RunAsync"/> does the work.</summary>
    /// <param name="bootstrap">The bootstrap, with a configuration server.</param>
    /// <param name="publisher">Where snapshots go.</param>
    /// <param name="connect">Makes a transport for each attempt, so that a broken one leaves nothing behind.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onNameTable">Takes the names that the proxy answers DNS questions from; null when it answers none, and then they are not asked for.</param>
    public DiscoveryClient(
        ProxyBootstrap bootstrap, SnapshotPublisher publisher, Func<IDiscoveryTransport> connect, TimeProvider time, Action<NameTable>? onNameTable = null)
    {
        ArgumentNullException.ThrowIfNull(bootstrap);
        ArgumentNullException.ThrowIfNull(publisher);
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentNullException.ThrowIfNull(time);
        _server = bootstrap.XdsServer ?? throw new ArgumentException("The bootstrap has no configuration server.", nameof(bootstrap));
        _store = bootstrap.Store;
        _publisher = publisher;
        _connect = connect;
        _time = time;
        _backOff = new DiscoveryBackOff(FirstPause, LongestPause, Random.Shared.NextDouble);
        var node = Describe(bootstrap.Node);
        if (_server.IsDelta)
        {
            _stream = _delta = new DeltaClientStream(node, this);
        }
        else
        {
            _stream = _sotw = new SotwClientStream(node, this);
        }

        if (_server.WantsClusters)
        {
            _stream.SubscribeAll(XdsTypeUrls.Cluster);
        }

        if (_server.WantsListeners)
        {
            _stream.SubscribeAll(XdsTypeUrls.Listener);
        }

        _onNameTable = onNameTable;
        if (onNameTable is not null)
        {
            _stream.SubscribeAll(XdsTypeUrls.NameTable);
        }

        Subscribe();
        _status = new DiscoveryStatus(false, time.GetUtcNow(), null, 0, []);
    }

    /// <summary>How it stands. Any thread.</summary>
    public DiscoveryStatus Status => Volatile.Read(ref _status);

    /// <summary>Runs until it is cancelled. Failures of the server or the network never end it.</summary>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            string error;
            try
            {
                await RunOneStreamAsync(cancel).ConfigureAwait(false);
                error = "The configuration server ended the stream.";
            }
            catch (DiscoveryException e)
            {
                error = e.Message;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Whatever it is, a proxy that stops asking for configuration for ever would be worse.
                error = $"{e.GetType().Name}: {e.Message}";
            }

            Report(false, error);
            try
            {
                await Task.Delay(_backOff.Next(), _time, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ResourceRefusal> Apply(AdsUpdate update)
    {
        if (update.TypeUrl == XdsTypeUrls.NameTable)
        {
            return ApplyNames(update);
        }

        var refusals = _store.Apply(update);
        _publisher.Publish();
        Subscribe();
        return refusals;
    }

    /// <summary>There is one name table, whatever it is called; when the server has none, no name is known.</summary>
    private List<ResourceRefusal> ApplyNames(AdsUpdate update)
    {
        if (update.Resources.Count == 0)
        {
            if (update.Removed.Count > 0)
            {
                _onNameTable?.Invoke(new NameTable());
            }

            return [];
        }

        var resource = update.Resources[^1];
        try
        {
            _onNameTable?.Invoke(NameTable.Parser.ParseFrom(resource.Body.Value));
            return [];
        }
        catch (InvalidProtocolBufferException e)
        {
            return [new ResourceRefusal(resource.Name, $"the bytes are not a name table: {e.Message}")];
        }
    }

    /// <summary>What the server is told of this proxy: the bootstrap's node, and what speaks.</summary>
    private static Node Describe(Node node)
    {
        var described = node.Clone();
        if (described.UserAgentName.Length == 0)
        {
            described.UserAgentName = "weft-proxy";
            described.UserAgentVersion = typeof(DiscoveryClient).Assembly.GetName().Version?.ToString(3) ?? "0";
        }

        return described;
    }

    private async Task RunOneStreamAsync(CancellationToken cancel)
    {
        _stream.Connected();
        var transport = _connect();
        await using (transport.ConfigureAwait(false))
        {
            Volatile.Write(ref _status, _status with { Attempts = _status.Attempts + 1 });
            if (_delta is { } delta)
            {
                await ConverseAsync(transport.OpenDelta(cancel), delta.Next, delta.OnResponse, cancel).ConfigureAwait(false);
            }
            else if (_sotw is { } sotw)
            {
                await ConverseAsync(transport.OpenStateOfTheWorld(cancel), sotw.Next, sotw.OnResponse, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task ConverseAsync<TRequest, TResponse>(
        IDiscoveryStream<TRequest, TResponse> stream, Func<TRequest?> next, Func<TResponse, bool> take, CancellationToken cancel)
        where TRequest : class
        where TResponse : class
    {
        var isFirst = true;
        await using (stream.ConfigureAwait(false))
        {
            while (true)
            {
                while (next() is { } request)
                {
                    await stream.WriteAsync(request, cancel).ConfigureAwait(false);
                }

                if (await ReadAsync(stream, isFirst, cancel).ConfigureAwait(false) is not { } response)
                {
                    return;
                }

                isFirst = false;
                _backOff.Reset();
                take(response);
                Report(true, null);
            }
        }
    }

    /// <summary>
    /// The next response. A later one may be hours away; the first one may not: a server that takes the stream and then says nothing is one to leave, for
    /// another behind the same name may be well.
    /// </summary>
    private async Task<TResponse?> ReadAsync<TRequest, TResponse>(IDiscoveryStream<TRequest, TResponse> stream, bool isFirst, CancellationToken cancel)
        where TRequest : class
        where TResponse : class
    {
        if (!isFirst)
        {
            return await stream.ReadAsync(cancel).ConfigureAwait(false);
        }

        using var deadline = new CancellationTokenSource(FirstResponseDeadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            return await stream.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested && e is DiscoveryException or OperationCanceledException)
        {
            throw new DiscoveryException($"The configuration server did not answer within {FirstResponseDeadline.TotalSeconds:0} s.", e);
        }
    }

    /// <summary>What was accepted says what else is needed: clusters their endpoints, listeners their routes, both their secrets.</summary>
    private void Subscribe()
    {
        var names = _store.Names();
        if (ReferenceEquals(names, _subscribed))
        {
            return;
        }

        _subscribed = names;
        _stream.Subscribe(XdsTypeUrls.Endpoint, names.Endpoints);
        _stream.Subscribe(XdsTypeUrls.Route, names.Routes);
        _stream.Subscribe(XdsTypeUrls.Secret, names.Secrets);
    }

    private void Report(bool isConnected, string? error)
    {
        var old = _status;
        Volatile.Write(ref _status, old with
        {
            IsConnected = isConnected,
            Since = old.IsConnected == isConnected ? old.Since : _time.GetUtcNow(),
            LastError = error ?? old.LastError,
            Types = _stream.Status(),
        });
    }
}
