using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Weft.Policy.Routes;
using Weft.Proxy.Model;
using Weft.Xds;
using CorsPolicy = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>
/// RDS: <c>RouteConfiguration</c> → <see cref="RouteTableModel"/>. Received bytes are decoded one virtual host at a time: as a whole, a table of a
/// thousand services is several megabytes of messages, which a collection in the middle of it would have to move while workers wait.
/// </summary>
internal static class RouteCompiler
{
    private const string FilterConfigType = "envoy.config.route.v3.FilterConfig";
    private const string FaultType = "envoy.extensions.filters.http.fault.v3.HTTPFault";
    private const string CorsType = "envoy.extensions.filters.http.cors.v3.CorsPolicy";

    /// <summary>Compiles a message that is there as a whole: a static one.</summary>
    public static RouteTableModel? Compile(RouteConfiguration configuration, string version, CompileScope scope)
    {
        var errors = new List<string>();
        var compiler = new RouteTableCompiler(configuration, errors);
        Check(configuration.TypedPerFilterConfig, scope);
        for (var i = 0; i < configuration.VirtualHosts.Count; i++)
        {
            Add(compiler, configuration.VirtualHosts[i], default, i, errors, scope);
        }

        return Finish(compiler, configuration.Name, version, errors, scope);
    }

    /// <summary>Compiles a received resource, which must call itself <paramref name="name"/>.</summary>
    public static RouteTableModel? Compile(Any resource, string name, string version, CompileScope scope)
    {
        if (Split(resource, scope, out var hosts) is not { } settings)
        {
            return null;
        }

        if (settings.Name != name)
        {
            scope.Error($"the resource is sent under this name but calls itself `{settings.Name}`.");
        }

        var errors = new List<string>();
        var compiler = new RouteTableCompiler(settings, errors);
        Check(settings.TypedPerFilterConfig, scope);
        for (var i = 0; i < hosts.Count; i++)
        {
            WorkPace.GiveWay();
            if (scope.Item("virtual_hosts", i).Unpack(UnsafeByteOperations.UnsafeWrap(hosts[i]), VirtualHost.Parser) is { } host)
            {
                Add(compiler, host, hosts[i], i, errors, scope);
            }
        }

        return Finish(compiler, settings.Name, version, errors, scope);
    }

    private static RouteTableModel? Finish(RouteTableCompiler compiler, string name, string version, List<string> errors, CompileScope scope)
    {
        foreach (var error in errors)
        {
            scope.Error(error);
        }

        return scope.HasErrors || compiler.Finish() is not { } table ? null : new RouteTableModel { Name = name, Table = table, VersionInfo = version };
    }

    /// <summary>The settings of the table apart from its virtual hosts, and where in the resource's bytes each of those is.</summary>
    private static RouteConfiguration? Split(Any resource, CompileScope scope, out List<ReadOnlyMemory<byte>> hosts)
    {
        hosts = [];
        var settings = new MemoryStream();
        try
        {
            var bytes = resource.Value.Memory;
            var input = resource.Value.CreateCodedInput();
            var start = input.Position;
            var output = new CodedOutputStream(settings);
            uint tag;
            while ((tag = input.ReadTag()) != 0)
            {
                if (tag == VirtualHostsTag)
                {
                    var from = (int)(input.Position - start);
                    input.SkipLastField();
                    hosts.Add(WithoutLength(bytes[from..(int)(input.Position - start)]));
                    continue;
                }

                output.WriteTag(tag);
                if (!Copy(input, output, tag))
                {
                    scope.Error($"field {WireFormat.GetTagFieldNumber(tag)} of `{RouteConfiguration.Descriptor.FullName}` is set, which this version of weft-proxy does not know.");
                    return null;
                }
            }

            output.Flush();
        }
        catch (InvalidProtocolBufferException e)
        {
            scope.Error($"the bytes are not a `{XdsTypeUrls.MessageName(resource.TypeUrl)}`: {e.Message}");
            return null;
        }

        return scope.Unpack(new Any { TypeUrl = resource.TypeUrl, Value = ByteString.CopyFrom(settings.GetBuffer(), 0, (int)settings.Length) }, RouteConfiguration.Parser);
    }

    /// <summary>A field's bytes behind the number that says how many they are.</summary>
    private static ReadOnlyMemory<byte> WithoutLength(ReadOnlyMemory<byte> field) => field[(field.Span.IndexOfAnyInRange((byte)0, (byte)0x7f) + 1)..];

    private static readonly uint VirtualHostsTag = WireFormat.MakeTag(RouteConfiguration.VirtualHostsFieldNumber, WireFormat.WireType.LengthDelimited);

    private static bool Copy(CodedInputStream input, CodedOutputStream output, uint tag)
    {
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                output.WriteUInt64(input.ReadUInt64());
                break;
            case WireFormat.WireType.Fixed64:
                output.WriteFixed64(input.ReadFixed64());
                break;
            case WireFormat.WireType.Fixed32:
                output.WriteFixed32(input.ReadFixed32());
                break;
            case WireFormat.WireType.LengthDelimited:
                output.WriteBytes(input.ReadBytes());
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>
    /// Compiles one virtual host. The route compiler's sentences start with a path in which virtual hosts go by name; here they go by position,
    /// as everywhere else, so that a bootstrap's error finds its line.
    /// </summary>
    private static void Add(RouteTableCompiler compiler, VirtualHost host, ReadOnlyMemory<byte> encoded, int index, List<string> errors, CompileScope scope)
    {
        RefuseUnsupported(host, scope.Item("virtual_hosts", index));
        var before = errors.Count;
        compiler.Add(host, encoded);
        var named = $"virtual_hosts[{host.Name}]";
        for (var i = before; i < errors.Count; i++)
        {
            var error = errors[i];
            var colon = error.IndexOf(": ", StringComparison.Ordinal);
            var path = colon >= 0 && error.StartsWith(named, StringComparison.Ordinal) ? $"virtual_hosts[{index}]{error[named.Length..colon]}" : null;
            if (path is null) scope.Error(error);
            else scope.ErrorAt(path, error[(colon + 2)..]);
        }

        errors.RemoveRange(before, errors.Count - before);
    }

    /// <summary>What <see cref="RouteTableCompiler"/> takes but this proxy does not do, and filters that it does not have.</summary>
    private static void RefuseUnsupported(VirtualHost host, CompileScope scope)
    {
        Check(host.TypedPerFilterConfig, scope);
        scope.Refuse(host.RateLimits.Count > 0, "rate_limits");
        for (var r = 0; r < host.Routes.Count; r++)
        {
            RefuseUnsupported(host.Routes[r], scope.Item("routes", r));
        }
    }

    private static void RefuseUnsupported(Route route, CompileScope scope)
    {
        Check(route.TypedPerFilterConfig, scope);
        if (route.Route_ is not { } action)
        {
            return;
        }

        var at = scope.Field("route");
        at.Refuse(action.RateLimits.Count > 0, "rate_limits");
        if (action.WeightedClusters is { } weighted)
        {
            for (var w = 0; w < weighted.Clusters.Count; w++)
            {
                Check(weighted.Clusters[w].TypedPerFilterConfig, at.Field("weighted_clusters").Item("clusters", w));
            }
        }
    }

    private static void Check(MapField<string, Any> config, CompileScope scope)
    {
        foreach (var (name, any) in config)
        {
            Check(name, any, scope.Field("typed_per_filter_config"));
        }
    }

    private static void Check(string name, Any config, CompileScope scope)
    {
        // By name: asking a message's descriptor would bring its schema, and those that it builds on, into memory for good.
        var type = XdsTypeUrls.MessageName(config.TypeUrl);
        if (type == FilterConfigType)
        {
            if (scope.Unpack(config, FilterConfig.Parser) is { Config: { } inner })
            {
                Check(name, inner, scope.Field("config"));
            }
        }
        else if (type == FaultType)
        {
            scope.Unpack(config, HTTPFault.Parser);
        }
        else if (type == CorsType)
        {
            scope.Unpack(config, CorsPolicy.Parser);
        }
        else
        {
            scope.RefuseType(name, config);
        }
    }
}
