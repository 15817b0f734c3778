using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Xds.Tests;

public class ProtoJsonTests
{
    [Fact]
    public void NestedAny_IsPrintedWithItsType()
    {
        var json = ProtoJson.Print(ListenerWith(Any.Pack(new Router { SuppressEnvoyHeaders = true })));

        Assert.Contains("\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\", \"suppressEnvoyHeaders\": true", json);
    }

    [Fact]
    public void AnyOfUnknownType_IsPrintedOpaque_AndTheMessageStaysAsItWas()
    {
        var listener = ListenerWith(new Any { TypeUrl = "type.googleapis.com/acme.Wasm", Value = ByteString.CopyFromUtf8("xyz") });
        var before = listener.ToByteString();

        var json = ProtoJson.Print(listener);

        Assert.Contains("\"typeUrl\": \"type.googleapis.com/acme.Wasm\"", json);
        Assert.Contains("\"bytes\": \"eHl6\"", json);
        Assert.Equal(before, listener.ToByteString());
    }

    [Fact]
    public void AnyWithBrokenBytes_IsPrintedOpaque()
    {
        var broken = new Any { TypeUrl = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router", Value = ByteString.CopyFrom(0x0a, 0xff) };

        Assert.Contains("\"bytes\": \"Cv8=\"", ProtoJson.Print(ListenerWith(broken)));
    }

    [Theory]
    [InlineData("""{"name":"a","perConnectionBufferLimitBytes":7}""")]
    [InlineData("""{"name":"a","per_connection_buffer_limit_bytes":7}""")]
    public void BothSpellingsOfAField_AreRead(string json)
    {
        Assert.True(ProtoJson.TryParse<Listener>(json, out var listener, out _));
        Assert.Equal(7u, listener.PerConnectionBufferLimitBytes);
    }

    [Theory]
    [InlineData("""{"nmae":"a"}""", "nmae")]
    [InlineData("""{"name":1}""", "String")]
    [InlineData("""{"filterChains":[{"filters":[{"typedConfig":{"@type":"type.googleapis.com/acme.Wasm"}}]}]}""", "acme.Wasm")]
    [InlineData("""{"name":""", "")]
    public void WhatIsWrong_IsRefusedByName(string json, string named)
    {
        Assert.False(ProtoJson.TryParse<Listener>(json, out _, out var error));
        Assert.Contains(named, error);
    }

    [Fact]
    public void Printed_ReadsBackAsTheSameMessage()
    {
        var listener = ListenerWith(Any.Pack(new Router()));

        Assert.Equal(listener, ProtoJson.Parse<Listener>(ProtoJson.Print(listener, indented: true)));
    }

    [Fact]
    public void FieldsThatThisBuildDoesNotKnow_SurviveARoundTrip()
    {
        var bytes = ByteString.CopyFrom([.. new Listener { Name = "a" }.ToByteArray(), 0xf8, 0x3f, 0x05]);

        Assert.Equal(bytes, Listener.Parser.ParseFrom(bytes).ToByteString());
    }

    private static Listener ListenerWith(Any filter)
    {
        var manager = new HttpConnectionManager { HttpFilters = { new HttpFilter { Name = "f", TypedConfig = filter } } };
        return new Listener { Name = "l", FilterChains = { new FilterChain { Filters = { new Filter { TypedConfig = Any.Pack(manager) } } } } };
    }
}
