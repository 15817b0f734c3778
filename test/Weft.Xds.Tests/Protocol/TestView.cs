using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Xds.Protocol;

namespace Weft.Xds.Tests.Protocol;

/// <summary>A view made by hand: (type, name) to version. The body's name is field 1, as in every xDS resource.</summary>
internal sealed class TestView : IXdsView
{
    private readonly Dictionary<(string Type, string Name), XdsResource> _resources = [];

    public required string Version { get; init; }

    public IEnumerable<(string Type, string Name)> Keys => _resources.Keys;

    public static TestView Of(string version, params (string Type, string Name, string Version)[] resources)
    {
        var view = new TestView { Version = version };
        foreach (var (type, name, resourceVersion) in resources)
        {
            view._resources[(type, name)] = new XdsResource(name, resourceVersion, Body(type, name, resourceVersion));
        }

        return view;
    }

    public static Any Body(string type, string name, string version)
    {
        var content = new Envoy.Config.Core.V3.HeaderValue { Key = name, Value = version };
        return new Any { TypeUrl = type, Value = content.ToByteString() };
    }

    public static string ContentOf(Any body) => Envoy.Config.Core.V3.HeaderValue.Parser.ParseFrom(body.Value).Value;

    public IReadOnlyCollection<XdsResource> All(string typeUrl) =>
        [.. _resources.Where(r => r.Key.Type == typeUrl).Select(r => r.Value)];

    public XdsResource? Find(string typeUrl, string name) => _resources.GetValueOrDefault((typeUrl, name));
}
