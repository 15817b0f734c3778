using Envoy.Config.Core.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Translation;

/// <summary>The small messages that every translator writes.</summary>
internal static class Protos
{
    /// <summary>Zero: switched off, where Envoy would otherwise apply a default.</summary>
    public static Duration NoTimeout => new();

    public static Address SocketAddress(string address, int port) => new()
    {
        SocketAddress = new SocketAddress { Address = address, PortValue = (uint)port },
    };

    /// <summary>A resource of the same aggregated stream; waits for it as long as it takes.</summary>
    public static ConfigSource Ads() => new()
    {
        Ads = new AggregatedConfigSource(),
        InitialFetchTimeout = NoTimeout,
        ResourceApiVersion = ApiVersion.V3,
    };

    public static Any Pack(IMessage message) => Any.Pack(message);

    /// <summary>Names the configuration object behind a resource, as Istio does: metadata <c>istio.config</c>.</summary>
    public static Metadata ConfigMetadata(string plural, string ns, string name)
    {
        Metadata metadata = new();
        metadata.FilterMetadata["istio"] = new Struct { Fields = { ["config"] = Value.ForString(ConfigPath(plural, ns, name)) } };
        return metadata;
    }

    /// <summary>The path that metadata <c>istio.config</c> holds.</summary>
    public static string ConfigPath(string kind, string ns, string name) => $"/apis/networking.istio.io/v1/namespaces/{ns}/{kind}/{name}";

    /// <summary>Istio's string match as Envoy's; null for an empty match, which means "present".</summary>
    public static StringMatcher? ToMatcher(StringMatch match) => match.MatchTypeCase switch
    {
        StringMatch.MatchTypeOneofCase.Exact => new StringMatcher { Exact = match.Exact },
        StringMatch.MatchTypeOneofCase.Prefix => new StringMatcher { Prefix = match.Prefix },
        StringMatch.MatchTypeOneofCase.Regex => new StringMatcher { SafeRegex = new RegexMatcher { Regex = match.Regex } },
        _ => null,
    };

    public static RuntimeFractionalPercent Percent(double percent) => new()
    {
        DefaultValue = Fraction(percent),
    };

    /// <summary>A percentage with four digits after the point, in millionths as Istio writes it.</summary>
    public static Envoy.Type.V3.FractionalPercent Fraction(double percent) => new()
    {
        Numerator = (uint)Math.Round(percent * 10_000),
        Denominator = Envoy.Type.V3.FractionalPercent.Types.DenominatorType.Million,
    };

    /// <summary>A whole percentage, in hundredths.</summary>
    public static RuntimeFractionalPercent WholePercent(uint percent) => new()
    {
        DefaultValue = new Envoy.Type.V3.FractionalPercent { Numerator = percent },
    };
}
