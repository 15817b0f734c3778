using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Weft.Proxy.Configuration;
using Weft.Proxy.Grpc;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Discovery;

/// <summary>ADS over the proxy's own HTTP/2: in the clear (loopback) or over TLS with the mesh's roots. One connection, opened with the first write.</summary>
public sealed class GrpcDiscoveryTransport : IDiscoveryTransport
{
    /// <summary>The largest response: ten thousand clusters have about 20 MB.</summary>
    private const int MaxResponseBytes = 64 << 20;

    private const string Service = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";

    private readonly GrpcConnectionOptions _options;
    private readonly XdsServerSettings _settings;
    private GrpcConnection? _connection;

    /// <summary>Prepares the connection; nothing is sent yet.</summary>
    /// <param name="settings">The server.</param>
    /// <exception cref="TlsConfigurationException">The roots cannot be read.</exception>
    public GrpcDiscoveryTransport(XdsServerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        var host = settings.Address.IdnHost.Trim('[', ']');
        _options = new GrpcConnectionOptions
        {
            Host = host,
            Port = settings.Address.Port,
            Authority = settings.Address.Authority,
            Tls = settings.Address.Scheme == Uri.UriSchemeHttps ? GrpcTrust.For(settings.TrustedCaPem, settings.ServerName.Length > 0 ? settings.ServerName : host) : null,
            MaxMessageBytes = MaxResponseBytes,
        };
    }

    /// <inheritdoc/>
    public IDiscoveryStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> OpenDelta(CancellationToken cancel) =>
        new Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(this, new($"{Service}DeltaAggregatedResources", DeltaDiscoveryResponse.Parser), cancel);

    /// <inheritdoc/>
    public IDiscoveryStream<DiscoveryRequest, DiscoveryResponse> OpenStateOfTheWorld(CancellationToken cancel) =>
        new Stream<DiscoveryRequest, DiscoveryResponse>(this, new($"{Service}StreamAggregatedResources", DiscoveryResponse.Parser), cancel);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private sealed class Stream<TRequest, TResponse>(GrpcDiscoveryTransport transport, GrpcMethod<TRequest, TResponse> method, CancellationToken end)
        : IDiscoveryStream<TRequest, TResponse>
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        private GrpcCall<TRequest, TResponse>? _call;

        public async Task WriteAsync(TRequest request, CancellationToken cancel)
        {
            try
            {
                transport._connection ??= await GrpcConnection.ConnectAsync(transport._options, cancel).ConfigureAwait(false);
                _call ??= transport._connection.Open(method, transport._settings.Metadata, end);
                await _call.WriteAsync(request, cancel).ConfigureAwait(false);
            }
            catch (GrpcException e)
            {
                throw Failed(e);
            }
        }

        public async Task<TResponse?> ReadAsync(CancellationToken cancel)
        {
            if (_call is null)
            {
                throw new InvalidOperationException("The stream begins with a request.");
            }

            try
            {
                return await _call.ReadAsync(cancel).ConfigureAwait(false);
            }
            catch (GrpcException e)
            {
                throw Failed(e);
            }
        }

        public ValueTask DisposeAsync() => _call?.DisposeAsync() ?? ValueTask.CompletedTask;

        private static DiscoveryException Failed(GrpcException e) => new($"{e.Code}: {e.Message}", e);
    }
}
