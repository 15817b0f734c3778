using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Istio.Networking.Nds.V1;
using Weft.Proxy.Dns;

namespace Weft.Proxy.Tests.Dns;

/// <summary>The server over loopback, with a second one of its kind as the resolver behind it, or a socket that misbehaves.</summary>
public sealed class DnsServerTests : IAsyncLifetime
{
    private const ushort A = 1;
    private const ushort Aaaa = 28;
    private const ushort Https = 65;
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
    private DnsServer resolver = null!;
    private DnsServer server = null!;

    public ValueTask InitializeAsync()
    {
        resolver = DnsServer.Start(new DnsServerOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), OwnDomains = ["example"] }, TimeProvider.System);
        resolver.Names = Table(("outside.example", "192.0.2.80"));
        server = Start([resolver.EndPoint]);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await resolver.DisposeAsync();
        deadline.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MeshName_IsAnsweredFromTheTable(bool overTcp)
    {
        Answer answer = await AskAsync("Reviews.Mesh", A, overTcp);
        Assert.Equal((0, 2), (answer.Code, answer.Addresses.Length));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], answer.Addresses.Order());
        Assert.Equal(1, server.Counters.Answered);
        Assert.Equal(0, resolver.Counters.Answered);
    }

    [Theory]
    [InlineData(Aaaa)]
    [InlineData(Https)]
    public async Task MeshNameWithoutThatType_IsKnownAndEmpty(ushort type)
    {
        Answer answer = await AskAsync("reviews.mesh", type);
        Assert.Equal((0, 0), (answer.Code, answer.Addresses.Length));
        Assert.Equal(0, resolver.Counters.Answered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OtherName_IsAskedOfTheResolver(bool overTcp)
    {
        Answer answer = await AskAsync("outside.example", A, overTcp);
        Assert.Equal(["192.0.2.80"], answer.Addresses);
        Assert.Equal(3, (await AskAsync("missing.example", A, overTcp)).Code);
        Assert.Equal(2, server.Counters.Forwarded);
    }

    [Fact]
    public async Task UnknownNameOfAnOwnDomain_DoesNotExist()
    {
        Assert.Equal(3, (await AskAsync("missing.svc.cluster.local", A)).Code);
        Assert.Equal(0, server.Counters.Forwarded);
    }

    [Fact]
    public async Task NewTable_IsInForceAtOnce()
    {
        server.Names = Table(("fresh.mesh", "10.0.0.7"));
        Assert.Equal(["10.0.0.7"], (await AskAsync("fresh.mesh", A)).Addresses);
        Assert.NotEqual(0, (await AskAsync("reviews.mesh", A)).Code);
    }

    [Fact]
    public async Task SilentResolver_TheNextIsAsked()
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using DnsServer patient = Start([(IPEndPoint)silent.LocalEndPoint!, resolver.EndPoint], timeout: TimeSpan.FromMilliseconds(200));
        Assert.Equal(["192.0.2.80"], (await AskAsync("outside.example", A, to: patient)).Addresses);
    }

    [Fact]
    public async Task NoResolverAnswers_IsAServerFailure()
    {
        await using DnsServer alone = Start([]);
        Assert.Equal(2, (await AskAsync("outside.example", A, to: alone)).Code);
        Assert.Equal(2, (await AskAsync("outside.example", A, overTcp: true, to: alone)).Code);
        Assert.Equal(2, alone.Counters.Failed);
    }

    [Fact]
    public async Task ForgedResponses_AreNotTaken()
    {
        using Socket forger = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        forger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using DnsServer target = Start([(IPEndPoint)forger.LocalEndPoint!], timeout: TimeSpan.FromSeconds(5));
        Task<Answer> asking = AskAsync("outside.example", A, to: target);
        byte[] question = new byte[600];
        SocketReceiveFromResult received = await forger.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0), deadline.Token);
        byte[] truth = [.. question.AsSpan(0, received.ReceivedBytes), 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1];
        truth[2] |= 0x80;
        truth[7] = 1;
        byte[] wrongId = [.. truth], otherQuestion = [.. truth], noResponse = [.. truth];
        wrongId[0] ^= 0xFF;
        otherQuestion[13] ^= 0x01;
        noResponse[2] &= 0x7F;
        foreach (byte[] message in new[] { wrongId, otherQuestion, noResponse, [1], truth })
            await forger.SendToAsync(message, received.RemoteEndPoint, deadline.Token);
        Assert.Equal(["192.0.2.1"], (await asking).Addresses);
    }

    [Fact]
    public async Task QuestionsBeyondTheBound_FailAtOnceAndMeshNamesStillAnswer()
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using DnsServer small = Start([(IPEndPoint)silent.LocalEndPoint!], timeout: TimeSpan.FromSeconds(20), maxOutstanding: 2);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(small.EndPoint, deadline.Token);
        for (int i = 0; i < 3; i++)
            await client.SendAsync(Question($"n{i}.example", A), deadline.Token);
        byte[] buffer = new byte[600];
        int length = await client.ReceiveAsync(buffer, deadline.Token);
        Assert.Equal(2, Parse(buffer.AsSpan(0, length)).Code);
        Assert.Equal(1, small.Counters.Overflowed);
        Assert.Equal(2, (await AskAsync("reviews.mesh", A, to: small)).Addresses.Length);
    }

    [Fact]
    public async Task GarbageOverUdp_IsIgnoredOrRefused()
    {
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(server.EndPoint, deadline.Token);
        Random random = new(3);
        byte[] buffer = new byte[600];
        for (int i = 0; i < 40; i++)
        {
            byte[] garbage = new byte[random.Next(1, 500)];
            random.NextBytes(garbage);
            // Not a response, and an operation that is none: refused without asking anybody.
            if (garbage.Length > 2)
                garbage[2] = (byte)(garbage[2] & 0x07 | 0x10);
            await client.SendAsync(garbage, deadline.Token);
        }

        Assert.Equal(2, (await AskAsync("reviews.mesh", A)).Addresses.Length);
        Assert.InRange(server.Counters.Malformed, 1, 40);
    }

    [Fact]
    public async Task SeveralQuestionsOnOneTcpConnection_AreAnsweredInOrder()
    {
        using TcpClient client = new();
        await client.ConnectAsync(server.EndPoint, deadline.Token);
        NetworkStream stream = client.GetStream();
        foreach (string name in new[] { "reviews.mesh", "outside.example" })
            await DnsStream.WriteAsync(stream, Question(name, A), deadline.Token);
        byte[] buffer = new byte[600];
        Assert.Equal(2, Parse(buffer.AsSpan(0, await DnsStream.ReadAsync(stream, buffer, deadline.Token))).Addresses.Length);
        Assert.Equal(["192.0.2.80"], Parse(buffer.AsSpan(0, await DnsStream.ReadAsync(stream, buffer, deadline.Token))).Addresses);
    }

    [Fact]
    public async Task ManyAddresses_ComeTruncatedOverUdpAndWholeOverTcp()
    {
        server.Names = Table(("many.mesh", string.Join(',', Enumerable.Range(0, 200).Select(i => $"10.1.0.{i}"))));
        Answer brief = await AskAsync("many.mesh", A);
        Assert.True(brief.Truncated);
        Assert.InRange(brief.Addresses.Length, 20, 31);
        Answer whole = await AskAsync("many.mesh", A, overTcp: true);
        Assert.False(whole.Truncated);
        Assert.Equal(200, whole.Addresses.Length);
    }

    private static DnsServer Start(IReadOnlyList<IPEndPoint> upstreams, TimeSpan? timeout = null, int maxOutstanding = 256)
    {
        DnsServer started = DnsServer.Start(
            new DnsServerOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, 0),
                Upstreams = upstreams,
                OwnDomains = ["svc.cluster.local."],
                UpstreamTimeout = timeout ?? TimeSpan.FromSeconds(5),
                MaxOutstanding = maxOutstanding,
            },
            TimeProvider.System);
        started.Names = Table(("reviews.mesh", "10.0.0.1,10.0.0.2"));
        return started;
    }

    private static DnsNameTable Table(params (string Name, string Addresses)[] names)
    {
        NameTable table = new();
        foreach ((string name, string addresses) in names)
        {
            NameTable.Types.NameInfo info = new() { Registry = "External" };
            info.Ips.AddRange(addresses.Split(','));
            table.Table[name] = info;
        }

        return DnsNameTable.From(table, "default", []);
    }

    private async Task<Answer> AskAsync(string name, ushort type, bool overTcp = false, DnsServer? to = null)
    {
        byte[] buffer = new byte[65535];
        IPEndPoint endPoint = (to ?? server).EndPoint;
        if (overTcp)
        {
            using TcpClient client = new();
            await client.ConnectAsync(endPoint, deadline.Token);
            await DnsStream.WriteAsync(client.GetStream(), Question(name, type), deadline.Token);
            return Parse(buffer.AsSpan(0, await DnsStream.ReadAsync(client.GetStream(), buffer, deadline.Token)));
        }

        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(endPoint, deadline.Token);
        await socket.SendAsync(Question(name, type), deadline.Token);
        return Parse(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, deadline.Token)));
    }

    private static byte[] Question(string name, ushort type)
    {
        List<byte> message = [0x43, 0x21, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.'))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, (byte)(type >> 8), (byte)type, 0, 1]);
        return [.. message];
    }

    /// <summary>Reads an answer independently of the code under test: the question's name label by label, then records whose name is a pointer.</summary>
    private static Answer Parse(ReadOnlySpan<byte> message)
    {
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        int at = 12;
        if (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == 1)
        {
            while (message[at] != 0)
                at += message[at] + 1;
            at += 5;
        }

        List<string> addresses = [];
        for (int i = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); i > 0; i--)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 10)..]);
            addresses.Add(new IPAddress(message.Slice(at + 12, length)).ToString());
            at += 12 + length;
        }

        Assert.Equal(message.Length, at);
        return new Answer(BinaryPrimitives.ReadUInt16BigEndian(message), flags & 0xF, (flags & 0x0200) != 0, [.. addresses]);
    }

    private sealed record Answer(ushort Id, int Code, bool Truncated, string[] Addresses);
}
