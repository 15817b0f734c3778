using System.Text;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Weft.Policy.Formatting;
using Weft.Policy.Routes;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Xds;

namespace Weft.Policy.Tests.Routes;

/// <summary>A request as the proxy would have parsed it, and tables compiled from the JSON that people read.</summary>
internal sealed class TestRequest
{
    private readonly byte[] _bytes;
    private readonly HeaderField[] _fields = new HeaderField[100];
    private readonly RequestHead _head;

    public TestRequest(string method, string host, string target, string headers = "")
    {
        _bytes = Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        int scanned = 0;
        ParseResult result = Http1RequestParser.Parse(_bytes, _fields, Http1Limits.Mesh, ref scanned, out _head, out _);
        Assert.Equal(ParseResult.Complete, result);
    }

    public HeaderEdits Edits { get; } = new();

    public RequestView View => new(_head, new HeadView(_bytes, _fields.AsSpan(0, _head.FieldCount), _head.FieldsEnd, Edits));

    public static TestRequest Get(string host, string target, string headers = "") => new("GET", host, target, headers);

    public static RouteConfiguration Parse(string json) => new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(XdsTypes.Registry)).Parse<RouteConfiguration>(json);

    public static RouteTable Compile(string json)
    {
        List<string> errors = [];
        RouteTable? table = RouteTable.Compile(Parse(json), errors);
        Assert.Empty(errors);
        return Assert.IsType<RouteTable>(table);
    }

    /// <summary>A table with one virtual host for every name and these routes.</summary>
    public static RouteTable WithRoutes(string routes) => Compile(Json.Fill("""{"name":"t","virtualHosts":[{"name":"all","domains":["*"],"routes":[$1]}]}""", routes));

    public static string[] Errors(string json)
    {
        List<string> errors = [];
        Assert.Null(RouteTable.Compile(Parse(json), errors));
        return [.. errors];
    }

    public static string[] RouteErrors(string route) => Errors(Json.Fill("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[$1]}]}""", route));

    /// <summary>The name of the route that the table chooses, or <c>none</c>.</summary>
    public string RouteIn(RouteTable table, ulong random = 0, bool tls = false) => table.Match(View, new RouteInput(random, tls)).Route?.Name ?? "none";

    public RouteDecision In(RouteTable table, ulong random = 0, bool tls = false) => table.Match(View, new RouteInput(random, tls));

    /// <summary>The headers after the changes, one a line, without Host.</summary>
    public string Apply(HeaderMutations mutations, FormatInput format = default)
    {
        format.Request = View;
        mutations.Apply(View.Headers, format);
        StringBuilder text = new();
        HeaderWalk walk = View.Headers.Walk();
        while (walk.Next(out KnownHeader known, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (known != KnownHeader.Host)
                text.Append(Encoding.ASCII.GetString(name).ToLowerInvariant()).Append(": ").Append(Encoding.UTF8.GetString(value)).Append('\n');
        }

        return text.ToString().TrimEnd();
    }
}
