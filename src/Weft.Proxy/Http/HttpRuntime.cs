using System.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http;

/// <summary>A connection manager made ready: what its model says, in the form that the data path reads. Shared by the workers; immutable but for its counters.</summary>
internal sealed class HttpRuntime
{
    private readonly HttpTelemetry?[] _telemetry;
    private int _activeFaults;

    public HttpRuntime(ListenerModel listener, HttpConnectionManagerModel model, int workers)
    {
        Listener = listener;
        _telemetry = new HttpTelemetry?[workers];
        Model = model;
        Filters = [.. model.Filters];
        FiltersByDefault = Array.Exists(Filters, static filter => filter.Default is not null);
        TranslatesGrpcWeb = Array.Exists(Filters, static filter => filter is GrpcWebFilterModel { Disabled: false });
        ServerName = Encoding.ASCII.GetBytes(model.ServerName);
        Via = Encoding.ASCII.GetBytes(model.Via);
        DefaultHost = Encoding.ASCII.GetBytes(model.DefaultHostForHttp10);
        Upgrades = [.. model.UpgradeTypes.Select(Encoding.ASCII.GetBytes)];
        Limits = new Http1Limits(model.UnderscoreHeaders switch
        {
            UnderscoreHeadersAction.RejectRequest => UnderscorePolicy.Reject,
            UnderscoreHeadersAction.DropHeader => UnderscorePolicy.Drop,
            _ => UnderscorePolicy.Allow,
        })
        {
            MaxHeadBytes = Math.Min(model.MaxRequestHeadersBytes, Http1Limits.HeadBytesCeiling),
            MaxFields = model.MaxRequestHeadersCount,
            AcceptHttp10 = model.AcceptHttp10,
        };
        HeaderLimits = new HpackLimits(Limits.MaxHeadBytes, Limits.MaxFields);
    }

    public ListenerModel Listener { get; }

    public HttpConnectionManagerModel Model { get; }

    public Http1Limits Limits { get; }

    /// <summary>The same bounds for the header lists of HTTP/2.</summary>
    public HpackLimits HeaderLimits { get; }

    public byte[] ServerName { get; }

    public byte[] Via { get; }

    public byte[] DefaultHost { get; }

    /// <summary>The HTTP filters in front of the router.</summary>
    public HttpFilterModel[] Filters { get; }

    /// <summary>True when a filter has work on routes that tell it nothing.</summary>
    public bool FiltersByDefault { get; }

    /// <summary>True when requests of gRPC-Web become gRPC here.</summary>
    public bool TranslatesGrpcWeb { get; }

    /// <summary>True when the host that routing sees may differ from the one received.</summary>
    public bool SettlesHost => Model.StripPort != StripPortMode.Keep || Model.StripTrailingHostDot || DefaultHost.Length > 0;

    private byte[][] Upgrades { get; }

    /// <summary>The worker's share of this connection manager's telemetry; each worker touches its own element only.</summary>
    public HttpTelemetry TelemetryOf(Worker worker) => _telemetry[worker.Index] ??= worker.Telemetry.Http(Listener, Model);

    /// <summary>Takes one of the places for faults that are under way; false when all are taken. Shared by the workers; a bound may be passed by one per worker.</summary>
    public bool TryAddFault(uint most)
    {
        if ((uint)Volatile.Read(ref _activeFaults) >= most) return false;
        Interlocked.Increment(ref _activeFaults);
        return true;
    }

    /// <summary>Gives the place back.</summary>
    public void RemoveFault() => Interlocked.Decrement(ref _activeFaults);

    /// <summary>True when the connection manager forwards upgrades to this protocol.</summary>
    public bool AllowsUpgrade(ReadOnlySpan<byte> token)
    {
        foreach (byte[] upgrade in Upgrades)
        {
            if (Ascii.EqualsIgnoreCase(token, upgrade)) return true;
        }

        return false;
    }
}
