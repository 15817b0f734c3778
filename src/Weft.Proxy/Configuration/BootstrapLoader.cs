using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration.Compilation;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Configuration;

/// <summary>
/// Reads an Envoy-style bootstrap: YAML or JSON, or from a file whose name ends in <c>.pb</c> the message's bytes. What is not supported is refused by name, with file, line and column;
/// all mistakes of a file are reported at once.
/// </summary>
/// <remarks>
/// Reading text needs the schema of every message in memory, 5 MB for the life of the process; reading bytes does not. That
/// is why a supervisor that starts many proxies gives them bytes, and why the executable hands itself bytes after text.
/// </remarks>
public static class BootstrapLoader
{
    /// <summary>The most bytes of a bootstrap file.</summary>
    public const int MaxFileBytes = 4 << 20;

    /// <summary>Loads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock of the store.</param>
    public static BootstrapResult Load(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var length = new FileInfo(path).Length;
            return length > MaxFileBytes ? Failed(path, default, $"the file has {length} bytes, {MaxFileBytes} are allowed.")
                : path.EndsWith(".pb", StringComparison.Ordinal) ? ParseBytes(path, File.ReadAllBytes(path), time)
                : Parse(path, File.ReadAllText(path), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(path, default, $"it cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads a bootstrap from text.</summary>
    /// <param name="file">The name for messages.</param>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="time">The clock of the store.</param>
    public static BootstrapResult Parse(string file, string text, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(time);
        ConfigNode root;
        try
        {
            root = YamlReader.Read(text);
        }
        catch (YamlReadException e)
        {
            return Failed(file, e.Place, e.Message);
        }

        var walk = new SchemaWalk();
        walk.Walk(root, Bootstrap.Descriptor);
        Bootstrap? message = null;
        if (walk.Errors.Count == 0 && !ProtoJson.TryParse(walk.Json, out message, out var error))
        {
            walk.FindBadValues();
            if (walk.Errors.Count == 0)
            {
                walk.Errors.Add((default, error));
            }
        }

        if (message is null)
        {
            return new BootstrapResult(null, InOrder(walk.Errors.Select(e => new BootstrapError(file, e.Place, e.Message))));
        }

        var scope = new CompileScope();
        var bootstrap = Compile(message, scope, time);
        return scope.HasErrors
            ? new BootstrapResult(null, InOrder(scope.Errors.Select(e => new BootstrapError(file, walk.PlaceOf(e.Path), e.ToString()))))
            : new BootstrapResult(bootstrap, []) { Encoded = message.ToByteArray() };
    }

    /// <summary>Reads a bootstrap from its message's bytes.</summary>
    /// <param name="file">The name for messages.</param>
    /// <param name="bytes">The bytes; not changed afterwards.</param>
    /// <param name="time">The clock of the store.</param>
    public static BootstrapResult ParseBytes(string file, byte[] bytes, TimeProvider time)
    {
        var scope = new CompileScope();
        var any = new Any { TypeUrl = XdsTypeUrls.Prefix + "envoy.config.bootstrap.v3.Bootstrap", Value = UnsafeByteOperations.UnsafeWrap(bytes) };
        var bootstrap = scope.Unpack(any, Bootstrap.Parser) is { } message && !scope.HasErrors ? Compile(message, scope, time) : null;
        return scope.HasErrors
            ? new BootstrapResult(null, [.. scope.Errors.Select(e => new BootstrapError(file, default, e.ToString()))])
            : new BootstrapResult(bootstrap, []);
    }

    private static List<BootstrapError> InOrder(IEnumerable<BootstrapError> errors) =>
        [.. errors.OrderBy(e => e.Place.Line).ThenBy(e => e.Place.Column)];

    private static BootstrapResult Failed(string file, SourcePlace place, string message) => new(null, [new BootstrapError(file, place, message)]);

    private static ProxyBootstrap Compile(Bootstrap bootstrap, CompileScope scope, TimeProvider time)
    {
        RefuseUnsupported(bootstrap, scope);
        var store = new ConfigurationStore(time);
        var resources = bootstrap.StaticResources ?? new Bootstrap.Types.StaticResources();
        var at = scope.Field("static_resources");
        for (var i = 0; i < resources.Secrets.Count; i++)
        {
            store.AddStatic(XdsTypeUrls.Secret, resources.Secrets[i], resources.Secrets[i].Name, at.Item("secrets", i));
        }

        for (var i = 0; i < resources.Clusters.Count; i++)
        {
            store.AddStatic(XdsTypeUrls.Cluster, resources.Clusters[i], resources.Clusters[i].Name, at.Item("clusters", i));
        }

        for (var i = 0; i < resources.Listeners.Count; i++)
        {
            var listener = resources.Listeners[i];
            if (listener.Name.Length == 0)
            {
                listener.Name = $"listener_{i}";
            }

            store.AddStatic(XdsTypeUrls.Listener, listener, listener.Name, at.Item("listeners", i));
        }

        return new ProxyBootstrap
        {
            Node = bootstrap.Node ?? new Node(),
            AdminAddress = bootstrap.Admin is null ? default : Admin(bootstrap.Admin, scope.Field("admin")),
            Overload = bootstrap.OverloadManager is null ? null : OverloadCompiler.Compile(bootstrap.OverloadManager, scope.Field("overload_manager")),
            XdsServer = bootstrap.DynamicResources is null ? null : XdsServerCompiler.Compile(bootstrap, scope.Field("dynamic_resources")),
            Store = store,
        };
    }

    private static NetworkAddress Admin(Envoy.Config.Bootstrap.V3.Admin admin, CompileScope scope)
    {
        scope.Refuse(admin.AccessLog.Count > 0, "access_log");
        scope.Refuse(admin.AccessLogPath.Length > 0, "access_log_path");
        scope.Refuse(admin.ProfilePath.Length > 0, "profile_path");
        scope.Refuse(admin.SocketOptions.Count > 0, "socket_options");
        return AddressCompiler.Literal(admin.Address, scope.Field("address"));
    }

    private static void RefuseUnsupported(Bootstrap bootstrap, CompileScope scope)
    {
        scope.Refuse(bootstrap.NodeContextParams.Count > 0, "node_context_params");
        scope.Refuse(bootstrap.ClusterManager is not null, "cluster_manager");
        scope.Refuse(bootstrap.FlagsPath.Length > 0, "flags_path");
        scope.Refuse(bootstrap.StatsFlushInterval is not null, "stats_flush_interval");
        scope.Refuse(bootstrap.Tracing is not null, "tracing");
        scope.Refuse(bootstrap.EnableDispatcherStats, "enable_dispatcher_stats");
        scope.Refuse(bootstrap.LayeredRuntime is not null, "layered_runtime");
        scope.Refuse(bootstrap.HeaderPrefix.Length > 0, "header_prefix");
        scope.Refuse(bootstrap.UseTcpForDnsLookups, "use_tcp_for_dns_lookups");
        scope.Refuse(bootstrap.BootstrapExtensions.Count > 0, "bootstrap_extensions");
        scope.Refuse(bootstrap.DefaultSocketInterface.Length > 0, "default_socket_interface");
        scope.Refuse(bootstrap.ConfigSources.Count > 0, "config_sources");
        scope.Refuse(bootstrap.DefaultConfigSource is not null, "default_config_source");
        scope.Refuse(bootstrap.TypedDnsResolverConfig is not null, "typed_dns_resolver_config");
    }
}
