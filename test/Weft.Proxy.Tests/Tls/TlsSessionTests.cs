using System.Security.Cryptography;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>The session as a state machine: handshakes, data, endings, faults of the wire.</summary>
public sealed class TlsSessionTests
{
    private static readonly TlsContextFactory s_factory = new();
    private static readonly TestAuthority s_authority = new();
    private static readonly TlsCertificate s_reviews = s_authority.Workload();
    private static readonly TlsCertificate s_ratings = s_authority.Workload("spiffe://cluster.local/ns/default/sa/ratings");

    private static TlsPeerPolicy Spiffe => new() { Trust = s_authority.Trust, RequireSpiffe = true };

    private static TlsServerContext Server(Func<TlsServerModel, TlsServerModel>? change = null)
    {
        TlsServerModel model = new() { Certificates = [s_reviews], Peer = Spiffe, ClientCertificate = ClientCertificateMode.Required, Alpn = ["h2", "http/1.1"] };
        return s_factory.CreateServer(change is null ? model : change(model));
    }

    private static TlsClientContext Client(Func<TlsClientModel, TlsClientModel>? change = null)
    {
        TlsClientModel model = new() { Certificate = s_ratings, Peer = Spiffe, ServerName = "outbound_.80_._.reviews.default.svc.cluster.local", Alpn = ["istio", "http/1.1"] };
        return s_factory.CreateClient(change is null ? model : change(model));
    }

    [Fact]
    public void MutualHandshake_BothSidesKnowEachOther()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();

        Assert.True(pair.Server.IsOpen && pair.Client.IsOpen);
        Assert.Equal("spiffe://cluster.local/ns/default/sa/ratings", pair.Server.Peer!.SpiffeId);
        Assert.Equal("spiffe://cluster.local/ns/default/sa/reviews", pair.Client.Peer!.SpiffeId);
        Assert.Equal(TlsVersion.Tls13, pair.Server.Version);
        Assert.Equal("TLS_AES_128_GCM_SHA256", pair.Server.CipherSuite);
        Assert.Equal("http/1.1", Encoding.ASCII.GetString(pair.Server.Alpn));
        Assert.Equal("http/1.1", Encoding.ASCII.GetString(pair.Client.Alpn));
        Assert.Equal("outbound_.80_._.reviews.default.svc.cluster.local", pair.Server.ServerName);
        Assert.Equal("O=cluster.local", pair.Server.Peer.Subject);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(pair.Server.Peer.Der.Span)), pair.Server.Peer.Sha256);
        Assert.Equal(Encoding.ASCII.GetString(s_ratings.Chain.Span).Trim(), pair.Server.Peer.Pem.Trim());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void HandshakeInSmallSegments_Succeeds(int segmentBytes)
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run(segmentBytes);
        Assert.True(pair.Server.IsOpen && pair.Client.IsOpen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(1_000_003)]
    public void DataOfAnySize_ArrivesAsSent(int size)
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();
        byte[] sent = RandomNumberGenerator.GetBytes(size);
        Assert.Equal(sent, TlsPair.Exchange(pair.Client, pair.Server, sent));
        Assert.Equal(sent, TlsPair.Exchange(pair.Server, pair.Client, sent));
    }

    [Fact]
    public void WriteBeforeHandshake_AsksForIo()
    {
        using TlsPair pair = new(Server(), Client());
        Assert.Equal(TlsWriteStatus.WantIo, pair.Client.Write("early"u8, out int taken));
        Assert.Equal(0, taken);
    }

    [Fact]
    public void PendingAtItsBound_TakesNoMore()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();
        Assert.Equal(TlsWriteStatus.WantIo, pair.Client.Write(new byte[TlsSession.MaxPendingBytes * 2], out int taken));
        Assert.InRange(taken, 1, TlsSession.MaxPendingBytes);
        Assert.InRange(pair.Client.Pending.Length, TlsSession.MaxPendingBytes, TlsSession.MaxPendingBytes + 20_000);
    }

    [Fact]
    public void CloseNotify_IsAProperEnd()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();
        pair.Client.Shutdown();
        TlsPair.Carry(pair.Client, pair.Server);
        pair.Server.EndInput();
        Assert.Equal(TlsReadStatus.Closed, pair.Server.Read(new byte[10], out _));
        Assert.Equal(TlsWriteStatus.Done, pair.Server.Write("still open this way"u8, out _));
    }

    [Fact]
    public void TransportEndsWithoutCloseNotify_IsTruncation()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();
        pair.Client.Write("half a body"u8, out _);
        TlsPair.Carry(pair.Client, pair.Server);
        pair.Server.EndInput();
        byte[] buffer = new byte[100];
        Assert.Equal(TlsReadStatus.Data, pair.Server.Read(buffer, out int count));
        Assert.Equal("half a body", Encoding.ASCII.GetString(buffer, 0, count));
        Assert.Equal(TlsReadStatus.Truncated, pair.Server.Read(buffer, out _));
        Assert.Equal(TlsReadStatus.Truncated, pair.Server.Read(buffer, out _));
    }

    [Fact]
    public void TransportEndsInHandshake_Fails()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Client.Handshake();
        pair.Server.Feed(pair.Client.Pending[..20]);
        pair.Server.EndInput();
        Assert.Equal(TlsHandshakeStatus.Failed, pair.Server.Handshake());
        Assert.Equal(TlsFailure.Truncated, pair.Server.Failure);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    public void BytesThatAreNotTls_AreRefusedAsSuch(string bytes)
    {
        using TlsSession session = TlsSession.Accept(Server());
        session.Feed(Encoding.Latin1.GetBytes(bytes));
        Assert.Equal(TlsHandshakeStatus.Failed, session.Handshake());
        Assert.Equal(TlsFailure.NotTls, session.Failure);
        Assert.Contains("does not speak TLS", session.FailureText, StringComparison.Ordinal);
        Assert.Equal(TlsHandshakeStatus.Failed, session.Handshake());
    }

    [Fact]
    public void RandomGarbage_NeverOpensNorThrows()
    {
        TlsServerContext server = Server();
        Random random = new(20);
        for (int i = 0; i < 500; i++)
        {
            using TlsSession session = TlsSession.Accept(server);
            byte[] garbage = new byte[random.Next(1, 400)];
            random.NextBytes(garbage);
            if (i % 2 == 0)
            {
                // Something that begins as a handshake record.
                garbage = [22, 3, 1, 0, (byte)garbage.Length, .. garbage];
            }

            session.Feed(garbage);
            session.Handshake();
            session.EndInput();
            Assert.Equal(TlsHandshakeStatus.Failed, session.Handshake());
            Assert.NotEqual("", session.FailureText);
        }
    }

    [Fact]
    public void MutatedHandshakes_NeverOpenUnlessUntouched()
    {
        TlsServerContext server = Server();
        TlsClientContext client = Client(m => m with { Resumption = false });
        Random random = new(7);
        for (int i = 0; i < 300; i++)
        {
            using TlsPair pair = new(server, client);
            pair.Client.Handshake();
            byte[] hello = pair.Client.Pending.ToArray();
            hello[random.Next(5, hello.Length)] ^= (byte)random.Next(1, 256);
            pair.Server.Feed(hello);
            pair.Client.ConsumePending(pair.Client.Pending.Length);
            pair.Server.Handshake();
            TlsPair.Carry(pair.Server, pair.Client);
            pair.Client.Handshake();
            TlsPair.Carry(pair.Client, pair.Server);
            Assert.False(pair.Server.IsOpen && pair.Client.IsOpen);
        }
    }

    [Fact]
    public void CorruptedRecord_BreaksTheConnection()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();
        pair.Client.Write("secret"u8, out _);
        byte[] record = pair.Client.Pending.ToArray();
        record[^1] ^= 1;
        pair.Server.Feed(record);
        Assert.Equal(TlsReadStatus.Failed, pair.Server.Read(new byte[100], out _));
        Assert.Equal(TlsFailure.Protocol, pair.Server.Failure);
        Assert.Equal(TlsWriteStatus.Failed, pair.Server.Write("x"u8, out _));
        // The other side is told by an alert.
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsReadStatus.Failed, pair.Client.Read(new byte[100], out _));
        Assert.Equal(TlsFailure.PeerAlert, pair.Client.Failure);
    }

    [Fact]
    public void Alpn_ServerPreferenceDecides()
    {
        using TlsPair pair = new(Server(), Client(m => m with { Alpn = ["http/1.1", "h2"] }));
        pair.Run();
        Assert.Equal("h2", Encoding.ASCII.GetString(pair.Server.Alpn));
    }

    [Fact]
    public void Alpn_NothingInCommon_GoesOnWithout()
    {
        using TlsPair pair = new(Server(), Client(m => m with { Alpn = ["spdy/1"] }));
        pair.Run();
        Assert.True(pair.Server.IsOpen && pair.Client.IsOpen);
        Assert.True(pair.Client.Alpn.IsEmpty);
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void EachVersion_CanBePinned(TlsVersion version)
    {
        using TlsPair pair = new(Server(m => m with { Parameters = new() { Minimum = version, Maximum = version } }), Client());
        pair.Run();
        Assert.Equal(version, pair.Client.Version);
        Assert.Contains("AES", pair.Client.CipherSuite, StringComparison.Ordinal);
    }

    [Fact]
    public void NoCommonVersion_FailsOnBothSides()
    {
        using TlsPair pair = new(
            Server(m => m with { Parameters = new() { Minimum = TlsVersion.Tls13 } }),
            Client(m => m with { Parameters = new() { Maximum = TlsVersion.Tls12 } }));
        pair.Run();
        Assert.Equal(TlsFailure.ProtocolVersion, pair.Server.Failure);
        Assert.Equal(TlsFailure.PeerAlert, pair.Client.Failure);
    }

    [Fact]
    public void NoCommonGroup_Fails()
    {
        using TlsPair pair = new(
            Server(m => m with { Parameters = new() { Groups = ["P-384"] } }),
            Client(m => m with { Parameters = new() { Groups = ["X25519"] } }));
        pair.Run();
        Assert.Equal(TlsFailure.NoSharedAlgorithm, pair.Server.Failure);
    }

    [Fact]
    public void NoCommonCipher_Fails()
    {
        using TlsPair pair = new(
            Server(m => m with { Parameters = new() { Maximum = TlsVersion.Tls12, CipherSuites = ["ECDHE-ECDSA-AES256-GCM-SHA384"] } }),
            Client(m => m with { Parameters = new() { CipherSuites = ["ECDHE-ECDSA-AES128-GCM-SHA256"] } }));
        pair.Run();
        Assert.Equal(TlsFailure.NoSharedAlgorithm, pair.Server.Failure);
    }

    [Fact]
    public void PooledSession_IsAsGoodAsNew()
    {
        TlsSessionPool pool = new(2);
        TlsServerContext server = Server();
        TlsClientContext client = Client();
        for (int i = 0; i < 10; i++)
        {
            using TlsPair pair = new(server, client, pool: pool);
            if (i % 3 == 2)
            {
                pair.Server.Feed("garbage, not TLS"u8);
                Assert.Equal(TlsHandshakeStatus.Failed, pair.Server.Handshake());
                continue;
            }

            Assert.Equal(TlsFailure.None, pair.Server.Failure);
            Assert.False(pair.Server.IsOpen);
            pair.Run();
            Assert.Equal("hello"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "hello"u8));
        }
    }

    [Fact]
    public void ReadsAndWritesOfAnOpenSession_AllocateNothing()
    {
        using TlsPair pair = new(Server(), Client());
        pair.Run();
        Assert.True(pair.Server.OwnsRecords && pair.Client.OwnsRecords);
        byte[] plaintext = new byte[4000], buffer = new byte[8000];
        long allocated = 0;
        for (int round = 0; round < 200; round++)
        {
            if (round == 100)
                allocated = GC.GetAllocatedBytesForCurrentThread();
            pair.Client.Write(plaintext, out _);
            pair.Server.Feed(pair.Client.Pending);
            pair.Client.ConsumePending(pair.Client.Pending.Length);
            while (pair.Server.Read(buffer, out _) == TlsReadStatus.Data)
            {
            }

            pair.Server.Write(plaintext, out _);
            int count = pair.Server.Drain(buffer);
            pair.Client.Feed(buffer.AsSpan(0, count));
            while (pair.Client.Read(buffer, out _) == TlsReadStatus.Data)
            {
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }
}
