using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;
using Weft.Proxy.Transport;
using static Weft.Proxy.Tests.Tls.Records.RecordWorld;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>When the records become the session's own, and that what OpenSSL did before and keeps doing (tickets, sessions) is none the worse.</summary>
public sealed class RecordTakeOverTests
{
    [Theory]
    [InlineData(Aes128, true, true)]
    [InlineData(Aes128, true, false)]
    [InlineData(Aes128, false, true)]
    [InlineData(Aes256, true, true)]
    [InlineData(Aes256, true, false)]
    [InlineData(Aes256, false, true)]
    public void BothSuitesOfAesGcm_AreTakenOverOnBothSides(string suite, bool ownServer, bool ownClient)
    {
        using TlsPair pair = Pair(ownServer, ownClient, suite);
        Assert.Equal(suite, pair.Server.CipherSuite);
        Assert.Equal("to the server", Encoding.ASCII.GetString(TlsPair.Exchange(pair.Client, pair.Server, "to the server"u8)));
        Assert.Equal("to the client", Encoding.ASCII.GetString(TlsPair.Exchange(pair.Server, pair.Client, "to the client"u8)));
    }

    [Fact]
    public void OtherSuites_StayWithOpenSsl()
    {
        using TlsPair pair = new(Server(suites: ChaCha20), Client(suites: ChaCha20));
        pair.Run();
        Assert.Equal(ChaCha20, pair.Client.CipherSuite);
        AssertOpenSslServes(pair);
    }

    [Fact]
    public void Tls12_StaysWithOpenSsl()
    {
        using TlsPair pair = new(Server(maximum: TlsVersion.Tls12), Client());
        pair.Run();
        Assert.Equal(TlsVersion.Tls12, pair.Client.Version);
        AssertOpenSslServes(pair);
    }

    [Fact]
    public void SwitchedOff_StaysWithOpenSsl()
    {
        using TlsPair pair = new(Server(own: false), Client(own: false));
        pair.Run();
        Assert.Equal(TlsVersion.Tls13, pair.Client.Version);
        AssertOpenSslServes(pair);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OptionOfTheProxy_DecidesForListeners(bool openSslRecords)
    {
        TlsCertificate certificate = Authority.Workload();
        SecretModel secret = new() { Name = "default", Certificate = new TlsCertificateModel { ChainPem = certificate.Chain, PrivateKeyPem = certificate.PrivateKey } };
        TlsContexts contexts = new(openSslRecords);
        contexts.Begin(new Dictionary<string, SecretModel> { ["default"] = secret }, []);
        TlsServerContext server = contexts.Server(new DownstreamTlsModel { CertificateSecretNames = ["default"] }).Context!;
        using TlsPair pair = new(server, Client());
        pair.Run();
        Assert.Equal((!openSslRecords, true), (pair.Server.OwnsRecords, pair.Client.OwnsRecords));
    }

    [Fact]
    public void ServersTickets_CountAsRecords()
    {
        using TlsPair pair = Pair();
        Assert.Equal(1UL, RecordsWritten(pair.Server));
        Assert.Equal(1UL, RecordsRead(pair.Client));
        Assert.Equal(0UL, RecordsWritten(pair.Client));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void DataBehindTheLastHandshakeMessage_IsRead(int segmentBytes)
    {
        // The client's Finished and its first data come in one piece, and the server's tickets with its answer.
        using TlsPair pair = new(Server(), Client());
        pair.Client.Handshake();
        TlsPair.Carry(pair.Client, pair.Server);
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsHandshakeStatus.Done, pair.Client.Handshake());
        Assert.Equal(TlsWriteStatus.Done, pair.Client.Write("early bird"u8, out _));
        byte[] flight = pair.Client.Pending.ToArray(), read = new byte[100];
        int got = 0;
        for (int at = 0; at < flight.Length; at += segmentBytes)
        {
            pair.Server.Feed(flight.AsSpan(at, Math.Min(segmentBytes, flight.Length - at)));
            if (pair.Server.Handshake() == TlsHandshakeStatus.Done && pair.Server.Read(read.AsSpan(got), out int count) == TlsReadStatus.Data)
                got += count;
        }

        Assert.True(pair.Server.OwnsRecords);
        Assert.Equal("early bird", Encoding.ASCII.GetString(read, 0, got));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Sessions_AreResumedOnBothSides(bool ownServer, bool ownClient)
    {
        TlsServerContext server = Server(ownServer);
        TlsClientContext client = Client(ownClient);
        for (int i = 0; i < 4; i++)
        {
            using TlsPair pair = new(server, client);
            pair.Run();
            Assert.Equal(i > 0, pair.Client.IsResumed);
            Assert.Equal(i > 0, pair.Server.IsResumed);
            Assert.Equal("spiffe://cluster.local/ns/default/sa/ratings", pair.Server.Peer!.SpiffeId);
            Assert.Equal("ping"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "ping"u8));
            Assert.Equal("pong"u8.ToArray(), TlsPair.Exchange(pair.Server, pair.Client, "pong"u8));
        }
    }

    [Fact]
    public void TicketInFragmentsAndBehindAKeyUpdate_StillResumes()
    {
        TlsServerContext server = Server();
        TlsClientContext client = Client();
        using TlsPair pair = new(server, client);
        pair.Run();
        // A ticket of our own making (its content only the server understands), after two changes of key, a byte in each record.
        UpdateKeys(pair.Server, asking: false);
        UpdateKeys(pair.Server, asking: true);
        byte[] ticket = [4, 0, 0, 21, 0, 0, 28, 32, 1, 2, 3, 4, 1, 0, 0, 10, .. "not-a-real"u8, 0, 0];
        ticket[3] = (byte)(ticket.Length - 4);
        foreach (byte one in ticket)
            Send(pair.Server, 22, [one], padding: 3);
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsReadStatus.WantIo, pair.Client.Read(new byte[100], out _));
        Assert.Equal("still here"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "still here"u8));
        Assert.Equal("on both sides"u8.ToArray(), TlsPair.Exchange(pair.Server, pair.Client, "on both sides"u8));
        // It is the newest: the next hello offers it (and the server, which did not make it, makes a full handshake).
        using TlsPair next = new(server, client);
        next.Client.Handshake();
        Assert.NotEqual(-1, next.Client.Pending.IndexOf("not-a-real"u8));
        next.Run();
        Assert.True(next.Client.OwnsRecords);
        Assert.False(next.Client.IsResumed);
    }

    [Fact]
    public void MalformedTicket_EndsTheConnection()
    {
        using TlsPair pair = Pair();
        Send(pair.Server, 22, [4, 0, 0, 3, 1, 2, 3]);
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsReadStatus.Failed, pair.Client.Read(new byte[100], out _));
        Assert.Equal(TlsFailure.Protocol, pair.Client.Failure);
        TlsPair.Carry(pair.Client, pair.Server);
        Assert.Equal(TlsReadStatus.Failed, pair.Server.Read(new byte[100], out _));
        Assert.Contains("decode error", pair.Server.FailureText, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyTickets_CostOnlyThoseThatAreLookedAt()
    {
        using TlsPair pair = Pair();
        for (int i = 0; i < 100; i++)
            Send(pair.Server, 22, [4, 0, 0, 25, 0, 0, 28, 32, 1, 2, 3, (byte)i, 1, 0, 0, 11, .. "ticket-0000"u8, 0, 0]);
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsReadStatus.WantIo, pair.Client.Read(new byte[100], out _));
        Assert.Equal(TlsFailure.None, pair.Client.Failure);
        Assert.Equal("fine"u8.ToArray(), TlsPair.Exchange(pair.Server, pair.Client, "fine"u8));
    }

    private static void AssertOpenSslServes(TlsPair pair)
    {
        Assert.True(pair.Client.IsOpen && pair.Server.IsOpen);
        Assert.False(pair.Client.OwnsRecords || pair.Server.OwnsRecords);
        byte[] sent = new byte[100_000];
        new Random(9).NextBytes(sent);
        Assert.Equal(sent, TlsPair.Exchange(pair.Client, pair.Server, sent));
        Assert.Equal(sent, TlsPair.Exchange(pair.Server, pair.Client, sent));
    }
}
