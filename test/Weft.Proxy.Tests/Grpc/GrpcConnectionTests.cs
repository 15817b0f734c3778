using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Grpc;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Grpc;

/// <summary>What becomes of a call, whatever the server does.</summary>
public sealed class GrpcConnectionTests
{
    [Fact]
    public async Task Question_HasTheHeadOfGrpc_AndItsAnswerArrives()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task<StringValue> asking = f.Client.AskAsync(
            GrpcFixture.Echo, new StringValue { Value = "ping" }, [KeyValuePair.Create("Authorization", "Bearer t")], TimeSpan.FromSeconds(90), f.Cancel);

        Dictionary<string, string> head = await f.Server.ReadHeadAsync(f.Cancel);
        byte[] body = await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.AnswerAsync(1, new StringValue { Value = "pong" }, f.Cancel);

        Assert.Equal("pong", (await asking).Value);
        Assert.Equal(ScriptedServer.Framed(new StringValue { Value = "ping" }), body);
        Assert.Equal(("POST", "http", "/weft.test.Echo/Say"), (head[":method"], head[":scheme"], head[":path"]));
        Assert.Equal(("trailers", "application/grpc", "identity", "90000m", "Bearer t"),
            (head["te"], head["content-type"], head["grpc-accept-encoding"], head["grpc-timeout"], head["authorization"]));
    }

    [Theory]
    [InlineData("7", "no%20way%2C%C3%A4%0A%", GrpcStatusCode.PermissionDenied, "no way,ä %")]
    [InlineData("99", "", GrpcStatusCode.Unknown, "")]
    [InlineData("x", "%zz%4", GrpcStatusCode.Unknown, "%zz%4")]
    public async Task AnswerOfTrailersOnly_IsTheServersStatusAndText(string status, string sent, GrpcStatusCode code, string text)
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.HeadAsync(1, f.Cancel, true, (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", status), ("grpc-message", sent));

        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal((code, text), (failure.Code, failure.Message));
    }

    [Theory]
    [InlineData("503", "text/plain", GrpcStatusCode.Unavailable, "HTTP status 503")]
    [InlineData("404", "text/plain", GrpcStatusCode.Unimplemented, "HTTP status 404")]
    [InlineData("200", "text/html", GrpcStatusCode.Unknown, "'text/html'")]
    public async Task ServerThatIsNotGrpcs_IsSaid(string status, string type, GrpcStatusCode code, string part)
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.HeadAsync(1, f.Cancel, false, (":status", status), ("content-type", type));

        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal(code, failure.Code);
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.Equal(Http2FrameType.ResetStream, (await f.Server.ReadAsync(Http2FrameType.ResetStream, f.Cancel)).Type);
    }

    [Theory]
    [InlineData(Http2ErrorCode.RefusedStream, GrpcStatusCode.Unavailable)]
    [InlineData(Http2ErrorCode.Cancel, GrpcStatusCode.Cancelled)]
    [InlineData(Http2ErrorCode.EnhanceYourCalm, GrpcStatusCode.ResourceExhausted)]
    [InlineData(Http2ErrorCode.InternalError, GrpcStatusCode.Internal)]
    public async Task ResetCall_Fails_AndTheConnectionServesTheNext(Http2ErrorCode reset, GrpcStatusCode code)
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.ResetAsync(1, reset, f.Cancel);
        Assert.Equal(code, (await f.FailureOf(asking)).Code);

        Task<StringValue> again = f.AskAsync("again");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.AnswerAsync(3, new StringValue { Value = "yes" }, f.Cancel);
        Assert.Equal("yes", (await again).Value);
    }

    [Fact]
    public async Task GoAway_EndsCallsBehindItsLast_LetsTheOthersFinish_AndTakesNoNewOnes()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task<StringValue> first = f.AskAsync("1");
        await f.Server.ReadBodyAsync(f.Cancel);
        Task<StringValue> second = f.AskAsync("2");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoAwayAsync(1, f.Cancel);

        GrpcException failure = await f.FailureOf(second);
        Assert.Equal((GrpcStatusCode.Unavailable, "The server is going away and did not take the call."), (failure.Code, failure.Message));
        Assert.Equal(GrpcStatusCode.Unavailable, Assert.Throws<GrpcException>(() => f.Open()).Code);
        await f.Server.AnswerAsync(1, new StringValue { Value = "done" }, f.Cancel);
        Assert.Equal("done", (await first).Value);
    }

    [Fact]
    public async Task ServerThatVanishesInTheMiddleOfAMessage_IsSaid()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        await f.Server.DataAsync(1, ScriptedServer.Framed(new StringValue { Value = "half" }).AsMemory(0, 7), f.Cancel);
        f.Server.Dispose();

        Assert.Equal(GrpcStatusCode.Unavailable, (await f.FailureOf(asking)).Code);
        Assert.Equal(GrpcStatusCode.Unavailable, Assert.Throws<GrpcException>(() => f.Open()).Code);
    }

    [Theory]
    [InlineData(true, "in the middle of a message")]
    [InlineData(false, "without a status")]
    public async Task CallThatEndsTooEarly_IsNotTakenForWhole(bool withTrailers, string part)
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        await f.Server.DataAsync(1, ScriptedServer.Framed(new StringValue { Value = "half" }).AsMemory(0, 7), f.Cancel, endStream: !withTrailers);
        if (withTrailers)
            await f.Server.TrailersAsync(1, f.Cancel);

        Assert.Contains(part, (await f.FailureOf(asking)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, GrpcStatusCode.Unimplemented, "compressed with 'gzip'")]
    [InlineData(2, GrpcStatusCode.Internal, "flag 2")]
    public async Task CompressedMessage_IsRefusedByName(byte flag, GrpcStatusCode code, string part)
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel, "gzip");
        await f.Server.DataAsync(1, ScriptedServer.Framed(new StringValue { Value = "x" }, flag), f.Cancel);

        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal(code, failure.Code);
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await f.Server.ReadAsync(Http2FrameType.ResetStream, f.Cancel)).StreamId);
    }

    [Fact]
    public async Task MessageBeyondTheBound_IsRefusedAtItsPrefix()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(change: o => o with { MaxMessageBytes = 1000 });
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        await f.Server.DataAsync(1, new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF }, f.Cancel);

        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal((GrpcStatusCode.ResourceExhausted, "The server sent a message of 4294967295 bytes; at most 1000 are accepted."), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task BytesThatAreNoMessage_AreSaid()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        await f.Server.DataAsync(1, new byte[] { 0, 0, 0, 0, 1, 0x0A }, f.Cancel);
        await f.Server.TrailersAsync(1, f.Cancel);

        Assert.Contains("not a StringValue", (await f.FailureOf(asking)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HugeMetadata_FailsItsCall_AndTheConnectionServesTheNext()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.HeadAsync(1, f.Cancel, true, (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "0"), ("x-much", new string('#', 40_000)));
        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal(GrpcStatusCode.ResourceExhausted, failure.Code);
        Assert.Contains("metadata of 40", failure.Message, StringComparison.Ordinal);

        Task<StringValue> again = f.AskAsync("again");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.AnswerAsync(3, new StringValue { Value = "yes" }, f.Cancel);
        Assert.Equal("yes", (await again).Value);
    }

    [Fact]
    public async Task EndlessMetadata_EndsTheConnection()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.FrameAsync(Http2FrameType.Headers, Http2FrameFlags.None, 1, new byte[16_000], f.Cancel);
        for (int i = 0; i < 5; i++)
            await f.Server.FrameAsync(Http2FrameType.Continuation, Http2FrameFlags.None, 1, new byte[16_000], f.Cancel);

        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal("The server broke the HTTP/2 protocol (http2.header_block_too_large).", failure.Message);
        Assert.Equal(Http2FrameType.GoAway, (await f.Server.ReadAsync(Http2FrameType.GoAway, f.Cancel)).Type);
    }

    [Fact]
    public async Task MetadataWithALineBreak_IsNotSent()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        GrpcException failure = Assert.Throws<GrpcException>(() => f.Client.Open(GrpcFixture.Echo, [KeyValuePair.Create("x-secret", "a\r\nb")], f.Cancel));
        Assert.Equal(GrpcStatusCode.InvalidArgument, failure.Code);
        Assert.DoesNotContain("a\r\nb", failure.Message, StringComparison.Ordinal);
        Task<StringValue> next = f.AskAsync("next");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.AnswerAsync(1, new StringValue { Value = "yes" }, f.Cancel);
        Assert.Equal("yes", (await next).Value);
    }

    [Fact]
    public async Task TwoCalls_GetEachTheirOwn()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        await using GrpcCall<StringValue, StringValue> first = f.Open();
        await using GrpcCall<StringValue, StringValue> second = f.Open();
        await first.WriteAsync(new StringValue { Value = "1" }, f.Cancel);
        await second.WriteAsync(new StringValue { Value = "2" }, f.Cancel);
        byte[] one = ScriptedServer.Framed(new StringValue { Value = "one" });
        byte[] two = ScriptedServer.Framed(new StringValue { Value = "two" });
        await f.Server.GoodHeadAsync(3, f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        for (int i = 0; i < one.Length; i++)
        {
            await f.Server.DataAsync(1, one.AsMemory(i, 1), f.Cancel);
            await f.Server.DataAsync(3, two.AsMemory(i, 1), f.Cancel);
        }

        Assert.Equal("two", (await second.ReadAsync(f.Cancel))!.Value);
        Assert.Equal("one", (await first.ReadAsync(f.Cancel))!.Value);
        await f.Server.TrailersAsync(1, f.Cancel);
        Assert.Null(await first.ReadAsync(f.Cancel));
        Assert.Equal(Http2FrameType.ResetStream, (await f.Server.ReadAsync(Http2FrameType.ResetStream, f.Cancel)).Type);
    }

    [Fact]
    public async Task CallsBeyondTheServersBound_AreRefusedHere()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(new Http2Settings { MaxConcurrentStreams = 1 });
        Task<StringValue> first = f.AskAsync("1");
        await f.Server.ReadBodyAsync(f.Cancel);

        // The acknowledgement proves that the client knows the bound.
        while (!f.Server.IsAcknowledged)
            await f.Server.ReadAsync(f.Cancel);
        Assert.Equal("The server takes at most 1 calls at a time.", Assert.Throws<GrpcException>(() => f.Open()).Message);
        await f.Server.AnswerAsync(1, new StringValue { Value = "yes" }, f.Cancel);
        Assert.Equal("yes", (await first).Value);
    }
}
