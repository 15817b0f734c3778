using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Grpc;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Grpc;

/// <summary>Windows in both directions, and servers that are slow, silent or gone.</summary>
public sealed class GrpcFlowTests
{
    private const int LargeBytes = 20 << 20;

    [Fact]
    public async Task AnswerOfTwentyMegabytes_ArrivesThroughTheWindows()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(change: o => o with { MaxMessageBytes = 32 << 20 });
        BytesValue large = Large(LargeBytes);
        Task<BytesValue> asking = f.Client.AskAsync(GrpcFixture.Bytes, new BytesValue(), [], TimeSpan.FromMinutes(5), f.Cancel);
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        await f.Server.DataWithinWindowsAsync(1, ScriptedServer.Framed(large), f.Cancel);
        await f.Server.TrailersAsync(1, f.Cancel);

        Assert.Equal(large, await asking);
    }

    [Theory]
    [InlineData(1, 500)]
    [InlineData(100, 100_000)]
    [InlineData(1 << 20, 300_000)]
    public async Task Request_KeepsToTheServersWindows(int window, int bytes)
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(new Http2Settings { InitialWindowSize = window });
        while (!f.Server.IsAcknowledged)
            await f.Server.ReadAsync(f.Cancel);
        BytesValue large = Large(bytes);
        Task<BytesValue> asking = f.Client.AskAsync(GrpcFixture.Bytes, large, [], TimeSpan.FromMinutes(5), f.Cancel);

        using MemoryStream body = new();
        long stream = window;
        long connection = Http2Settings.DefaultInitialWindowSize;
        RawFrame frame;
        do
        {
            frame = await f.Server.ReadAsync(Http2FrameType.Data, f.Cancel);
            body.Write(frame.Payload);
            stream -= frame.Payload.Length;
            connection -= frame.Payload.Length;
            Assert.InRange(frame.Payload.Length, 1, Http2Settings.MinMaxFrameSize);
            Assert.True(stream >= 0 && connection >= 0, $"The client passed a window: {stream} of the stream, {connection} of the connection.");
            if (stream == 0)
            {
                stream += window;
                await f.Server.GrantAsync(1, window, f.Cancel);
            }

            if (connection == 0)
            {
                connection += 50_000;
                await f.Server.GrantAsync(0, 50_000, f.Cancel);
            }
        }
        while (!frame.Flags.HasFlag(Http2FrameFlags.EndStreamOrAck));

        Assert.Equal(ScriptedServer.Framed(large), body.ToArray());
        await f.Server.AnswerAsync(1, new BytesValue(), f.Cancel);
        Assert.Equal(new BytesValue(), await asking);
    }

    [Fact]
    public async Task MessagesThatNobodyReads_HoldTheServerBack_UntilTheyAreRead()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(change: o => o with { WindowBytes = 100_000 });
        await using GrpcCall<BytesValue, BytesValue> call = f.Client.Open(GrpcFixture.Bytes, [], f.Cancel);
        await f.Server.ReadHeadAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        byte[] message = ScriptedServer.Framed(Large(10_000));
        int sent = 0;
        for (; f.Server.StreamWindow >= message.Length; sent++)
            await f.Server.DataAsync(1, message, f.Cancel);

        await AllTaken(f);
        Assert.InRange(f.Server.StreamWindow, 0, message.Length - 1);
        Assert.InRange(sent, 8, 10);
        for (int i = 0; i < sent; i++)
            Assert.Equal(10_000, (await call.ReadAsync(f.Cancel))!.Value.Length);
        await f.Server.ReadAsync(Http2FrameType.WindowUpdate, f.Cancel);
        while (f.Server.StreamWindow < message.Length)
            await f.Server.ReadAsync(Http2FrameType.WindowUpdate, f.Cancel);
    }

    [Fact]
    public async Task ServerThatSendsMoreThanItMay_LosesTheCall()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(change: o => o with { WindowBytes = 70_000 });
        await using GrpcCall<BytesValue, BytesValue> call = f.Client.Open(GrpcFixture.Bytes, [], f.Cancel);
        await f.Server.ReadHeadAsync(f.Cancel);
        await f.Server.GoodHeadAsync(1, f.Cancel);
        byte[] small = ScriptedServer.Framed(Large(10_000));
        for (int i = 0; i < 8; i++)
            await f.Server.DataAsync(1, small, f.Cancel);

        Assert.Equal((byte)Http2ErrorCode.FlowControlError, (await f.Server.ReadAsync(Http2FrameType.ResetStream, f.Cancel)).Payload[3]);
        for (int i = 0; i < 6; i++)
            Assert.NotNull(await call.ReadAsync(f.Cancel));
        Assert.Contains("window_exceeded", (await f.FailureOf(call.ReadAsync(f.Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerThatSaysNothing_IsFoundByPing()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(change: Impatient);
        GrpcException failure = await f.FailureOf(f.AskAsync("?"));
        Assert.Equal(GrpcStatusCode.Unavailable, failure.Code);
        Assert.Contains("did not answer a PING", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerThatStopsReading_DoesNotHoldTheWriterForEver()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(new Http2Settings { InitialWindowSize = int.MaxValue }, Impatient);
        while (!f.Server.IsAcknowledged)
            await f.Server.ReadAsync(f.Cancel);
        await f.Server.GrantAsync(0, 1 << 30, f.Cancel);
        await using GrpcCall<BytesValue, BytesValue> call = f.Client.Open(GrpcFixture.Bytes, [], f.Cancel);

        // More than both sockets' buffers can take.
        GrpcException failure = await f.FailureOf(call.WriteAsync(Large(64 << 20), f.Cancel));
        Assert.Contains("did not answer a PING", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerThatAnswersPings_MayBeSilentForLong()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync(change: o => o with { KeepAliveDelay = TimeSpan.FromMilliseconds(20), KeepAliveTimeout = TimeSpan.FromSeconds(50) });
        Task<StringValue> asking = f.AskAsync("?");
        for (int i = 0; i < 5; i++)
            await f.Server.PongAsync(await f.Server.ReadAsync(Http2FrameType.Ping, f.Cancel), f.Cancel);

        await f.Server.AnswerAsync(1, new StringValue { Value = "at last" }, f.Cancel);
        Assert.Equal("at last", (await asking).Value);
    }

    [Fact]
    public async Task Deadline_EndsTheCall_AndTheServerIsTold()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.Client.AskAsync(GrpcFixture.Echo, new StringValue(), [], TimeSpan.FromMilliseconds(200), f.Cancel);
        Assert.Equal("200m", (await f.Server.ReadHeadAsync(f.Cancel))["grpc-timeout"]);

        GrpcException failure = await f.FailureOf(asking);
        Assert.Equal((GrpcStatusCode.DeadlineExceeded, "The server did not answer within 0.2 s."), (failure.Code, failure.Message));
        Assert.Equal((byte)Http2ErrorCode.Cancel, (await f.Server.ReadAsync(Http2FrameType.ResetStream, f.Cancel)).Payload[3]);
    }

    [Fact]
    public async Task CancelledCall_IsReset()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        using CancellationTokenSource cancel = new();
        await using GrpcCall<StringValue, StringValue> call = f.Client.Open(GrpcFixture.Echo, [], cancel.Token);
        Task<StringValue?> reading = call.ReadAsync(f.Cancel);
        await cancel.CancelAsync();

        Assert.Equal(GrpcStatusCode.Cancelled, (await f.FailureOf(reading)).Code);
        Assert.Equal((byte)Http2ErrorCode.Cancel, (await f.Server.ReadAsync(Http2FrameType.ResetStream, f.Cancel)).Payload[3]);
    }

    [Fact]
    public async Task DisposedConnection_SaysFarewell_AndEndsItsCalls()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task asking = f.AskAsync("?");
        await f.Server.ReadBodyAsync(f.Cancel);
        await f.Client.DisposeAsync();

        Assert.Equal(GrpcStatusCode.Cancelled, (await f.FailureOf(asking)).Code);
        Assert.Equal(Http2FrameType.GoAway, (await f.Server.ReadAsync(Http2FrameType.GoAway, f.Cancel)).Type);
        await Assert.ThrowsAnyAsync<IOException>(() => f.Server.ReadAsync(f.Cancel));
    }

    [Fact]
    public async Task ServerThatFloodsPingsWithoutReading_IsGivenUp()
    {
        await using GrpcFixture f = await GrpcFixture.StartAsync();
        Task failing = f.FailureOf(f.AskAsync("?"));
        byte[] ping = new byte[8];
        while (!failing.IsCompleted)
        {
            try
            {
                await f.Server.FrameAsync(Http2FrameType.Ping, Http2FrameFlags.None, 0, ping, f.Cancel);
            }
            catch (IOException)
            {
                break;
            }
        }

        await failing.WaitAsync(f.Cancel);
    }

    /// <summary>Frames are taken in order: when the client answers the PING it has seen all of the messages, and has granted what it grants for them.</summary>
    private static async Task AllTaken(GrpcFixture f)
    {
        await f.Server.FrameAsync(Http2FrameType.Ping, Http2FrameFlags.None, 0, new byte[8], f.Cancel);
        while ((await f.Server.ReadAsync(f.Cancel)).Type != Http2FrameType.Ping)
        {
        }
    }

    private static GrpcConnectionOptions Impatient(GrpcConnectionOptions o) =>
        o with { KeepAliveDelay = TimeSpan.FromMilliseconds(100), KeepAliveTimeout = TimeSpan.FromMilliseconds(300) };

    private static BytesValue Large(int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(7).NextBytes(content);
        return new BytesValue { Value = UnsafeByteOperations.UnsafeWrap(content) };
    }
}
