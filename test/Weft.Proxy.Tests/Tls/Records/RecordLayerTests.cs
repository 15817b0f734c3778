using System.Text;
using Weft.Proxy.Tls;
using static Weft.Proxy.Tests.Tls.Records.RecordWorld;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>Records after the handshake: data, changes of key, endings, and what a hostile peer can send with good keys.</summary>
public sealed class RecordLayerTests
{
    private const byte Alert = 21, Handshake = 22, Data = 23;

    public static TheoryData<bool, bool> Sides => new() { { true, true }, { true, false }, { false, true } };

    [Theory]
    [MemberData(nameof(Sides))]
    public void DataOfManySizes_ArrivesWholeInBothDirections(bool ownServer, bool ownClient)
    {
        using TlsPair pair = Pair(ownServer, ownClient);
        Random random = new(11);
        foreach (int size in new[] { 1, 2, 15, 16, 17, 111, 112, 127, 128, 129, 1000, 16383, 16384, 16385, 32768, 300_000, 1_000_003 })
        {
            byte[] sent = new byte[size];
            random.NextBytes(sent);
            Assert.Equal(sent, TlsPair.Exchange(pair.Client, pair.Server, sent));
            Assert.Equal(sent, TlsPair.Exchange(pair.Server, pair.Client, sent));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 20_000)]
    [InlineData(7, 13)]
    [InlineData(5000, 100)]
    [InlineData(40_000, 16_384)]
    [InlineData(40_000, 16_385)]
    public void AnySegmentsAndAnyBuffers_GiveTheSameBytes(int segmentBytes, int bufferBytes)
    {
        using TlsPair pair = Pair(ownServer: true, ownClient: false);
        byte[] sent = new byte[50_000], buffer = new byte[bufferBytes];
        new Random(4).NextBytes(sent);
        pair.Client.Write(sent, out int taken);
        Assert.Equal(sent.Length, taken);
        pair.Client.Shutdown();
        using MemoryStream received = new();
        TlsReadStatus status = TlsReadStatus.WantIo;
        while (!pair.Client.Pending.IsEmpty)
        {
            int count = Math.Min(segmentBytes, pair.Client.Pending.Length);
            pair.Server.Feed(pair.Client.Pending[..count]);
            pair.Client.ConsumePending(count);
            while (true)
            {
                bool mayHaveMore = pair.Server.MayHaveMore;
                status = pair.Server.Read(buffer, out int read);
                Assert.True(mayHaveMore || status == TlsReadStatus.WantIo);
                if (status != TlsReadStatus.Data)
                    break;
                received.Write(buffer, 0, read);
            }
        }

        Assert.Equal(TlsReadStatus.Closed, status);
        Assert.Equal(sent, received.ToArray());
        Assert.Equal(0, pair.Server.BufferedBytes);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void KeysThatChange_LoseNothing(bool ownServer, bool ownClient)
    {
        using TlsPair pair = Pair(ownServer, ownClient);
        TlsSession own = ownServer ? pair.Server : pair.Client, other = ownServer ? pair.Client : pair.Server;
        for (int i = 0; i < 20; i++)
        {
            UpdateKeys(own, asking: i % 2 == 0);
            byte[] sent = Encoding.ASCII.GetBytes($"message {i}");
            Assert.Equal(sent, TlsPair.Exchange(own, other, sent));
            Assert.Equal(sent, TlsPair.Exchange(other, own, sent));
            if (i % 2 == 0 && !(ownServer && ownClient))
                Assert.Equal(1UL, RecordsRead(own));
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void KeysInUseForLong_AreChanged(bool ownServer, bool ownClient)
    {
        using TlsPair pair = Pair(ownServer, ownClient);
        TlsSession own = ownServer ? pair.Server : pair.Client, other = ownServer ? pair.Client : pair.Server;
        SetRecordsPerKey(own, 3);
        for (int i = 0; i < 25; i++)
        {
            byte[] sent = Encoding.ASCII.GetBytes($"message {i}");
            Assert.Equal(sent, TlsPair.Exchange(own, other, sent));
            Assert.InRange(RecordsWritten(own), 1UL, 3UL);
        }
    }

    [Fact]
    public void AskedForNewKeysOften_AnswersOnceForAllThatWait()
    {
        using TlsPair pair = Pair();
        byte[] buffer = new byte[100];
        int first = 0;
        for (int i = 0; i < 1000; i++)
        {
            UpdateKeys(pair.Client, asking: true);
            pair.Client.Write("x"u8, out _);
            TlsPair.Carry(pair.Client, pair.Server);
            Assert.Equal(TlsReadStatus.Data, pair.Server.Read(buffer, out _));
            if (i == 0)
                first = pair.Server.Pending.Length;
        }

        // Nobody took what waits, and it did not grow.
        Assert.InRange(first, 1, 40);
        Assert.Equal(first, pair.Server.Pending.Length);
        Assert.Equal("answer"u8.ToArray(), TlsPair.Exchange(pair.Server, pair.Client, "answer"u8));
        Assert.Equal("again"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "again"u8));
    }

    [Fact]
    public void KeyUpdatesWithoutData_AreBounded()
    {
        using TlsPair pair = Pair();
        for (int i = 0; i < 33; i++)
            UpdateKeys(pair.Client, asking: false);
        AssertFails(pair, "unexpected message", "too many key updates");
    }

    [Fact]
    public void EmptyRecords_AreBounded()
    {
        using TlsPair pair = Pair();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 32; i++)
                Send(pair.Client, Data, [], padding: i);
            Assert.Equal("data"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "data"u8));
        }

        for (int i = 0; i < 33; i++)
            Send(pair.Client, Data, []);
        AssertFails(pair, "unexpected message", "without data");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(16_380)]
    public void Padding_IsTakenOff(int padding)
    {
        using TlsPair pair = Pair();
        byte[] content = [1, 0, 2, 0];
        Send(pair.Client, Data, content, padding);
        TlsPair.Carry(pair.Client, pair.Server);
        byte[] buffer = new byte[3];
        Assert.Equal(TlsReadStatus.Data, pair.Server.Read(buffer, out int count));
        Assert.Equal([1, 0, 2], buffer[..count]);
        Assert.Equal(TlsReadStatus.Data, pair.Server.Read(buffer, out count));
        Assert.Equal([0], buffer[..count]);
        Assert.Equal(TlsReadStatus.WantIo, pair.Server.Read(buffer, out _));
        Assert.Equal(0, pair.Server.BufferedBytes);
    }

    [Fact]
    public void UserCanceled_IsIgnoredButBounded()
    {
        using TlsPair pair = Pair();
        for (int i = 0; i < 32; i++)
            Send(pair.Client, Alert, [1, 90]);
        Assert.Equal("data"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "data"u8));
        Send(pair.Client, Alert, [1, 90]);
        AssertFails(pair, "unexpected message", "too many warn alerts");
    }

    [Theory]
    [InlineData(2, 40, "handshake failure")]
    [InlineData(2, 48, "unknown ca")]
    [InlineData(1, 80, "internal error")]
    public void FatalAlertOfThePeer_HasTheWordsThatOpenSslHas(byte level, byte alert, string text)
    {
        string[] seen = new string[2];
        for (int i = 0; i < 2; i++)
        {
            using TlsPair pair = Pair(ownServer: i == 0);
            Send(pair.Client, Alert, [level, alert]);
            TlsPair.Carry(pair.Client, pair.Server);
            Assert.Equal(TlsReadStatus.Failed, pair.Server.Read(new byte[10], out _));
            Assert.Equal(TlsFailure.PeerAlert, pair.Server.Failure);
            seen[i] = pair.Server.FailureText;
        }

        Assert.Equal(seen[1], seen[0]);
        Assert.Contains(text, seen[0], StringComparison.Ordinal);
    }

    public static TheoryData<byte, byte[], string> BadContents => new()
    {
        { Alert, [], "decode error" },
        { Alert, [1], "decode error" },
        { Alert, [1, 0, 0], "decode error" },
        { 20, [1], "unexpected message" },
        { 24, [1, 0, 0], "unexpected message" },
        { 99, [1], "unexpected message" },
        { 0, [], "unexpected message" },
        { Handshake, [], "unexpected message" },
        { Handshake, [1, 0, 0, 0], "unexpected message" },
        { Handshake, [4, 0, 0, 1, 0], "unexpected message" },
        { Handshake, [13, 0, 0, 0], "unexpected message" },
        { Handshake, [24, 0, 0, 0], "decode error" },
        { Handshake, [24, 0, 0, 2, 0, 0], "decode error" },
        { Handshake, [24, 0, 0, 1, 2], "illegal parameter" },
        { Handshake, [24, 0, 0, 1, 0, 24], "unexpected message" },
        { Handshake, [24, 255, 255, 255], "decode error" },
    };

    [Theory]
    [MemberData(nameof(BadContents))]
    public void ContentThatHasNoPlace_EndsTheConnectionWithAnAlert(byte type, byte[] content, string alert)
    {
        using TlsPair pair = Pair();
        Send(pair.Client, type, content);
        AssertFails(pair, alert);
    }

    [Fact]
    public void TicketLongerThanThereCanBe_IsRefused()
    {
        using TlsPair pair = Pair();
        Send(pair.Server, Handshake, [4, 2, 1, 255]);
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsReadStatus.Failed, pair.Client.Read(new byte[100], out _));
        Assert.Contains("excessive message size", pair.Client.FailureText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Data)]
    [InlineData(Alert)]
    public void OtherRecordsWithinAHandshakeMessage_AreRefused(byte type)
    {
        using TlsPair pair = Pair();
        Send(pair.Client, Handshake, [24, 0]);
        Send(pair.Client, type, [1, 0]);
        AssertFails(pair, "unexpected message", "not on record boundary");
    }

    [Theory]
    [InlineData(new byte[] { 20, 3, 3, 0, 1, 1 }, "bad record type")]
    [InlineData(new byte[] { 21, 3, 3, 0, 2, 1, 0 }, "bad record type")]
    [InlineData(new byte[] { 22, 3, 3, 0, 4, 0, 0, 0, 0 }, "bad record type")]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T', (byte)' ', (byte)'/' }, "bad record type")]
    [InlineData(new byte[] { 23, 3, 3, 0x41, 1 }, "too long")]
    [InlineData(new byte[] { 23, 3, 3, 255, 255 }, "too long")]
    [InlineData(new byte[] { 23, 3, 3, 0, 0 }, "bad record mac")]
    [InlineData(new byte[] { 23, 3, 3, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "bad record mac")]
    [InlineData(new byte[] { 23, 3, 3, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "bad record mac")]
    public void BytesThatAreNoProtectedRecord_EndTheConnection(byte[] bytes, string text)
    {
        using TlsPair pair = Pair(ownServer: true, ownClient: false);
        pair.Server.Feed(bytes);
        AssertFails(pair, "", text);
    }

    [Fact]
    public void RecordsOfMoreThanTheLargestContent_AreRefused()
    {
        using TlsPair pair = Pair();
        Send(pair.Client, Data, new byte[16_385]);
        AssertFails(pair, "record overflow", "too long");
    }

    [Fact]
    public void ReplayedReorderedOrDroppedRecords_AreRefused()
    {
        for (int kind = 0; kind < 3; kind++)
        {
            using TlsPair pair = Pair(ownServer: true, ownClient: kind != 1);
            pair.Client.Write("first"u8, out _);
            byte[] first = pair.Client.Pending.ToArray();
            pair.Client.ConsumePending(first.Length);
            pair.Client.Write("second"u8, out _);
            byte[] second = pair.Client.Pending.ToArray();
            pair.Client.ConsumePending(second.Length);
            pair.Server.Feed(kind == 0 ? [.. first, .. first] : kind == 1 ? [.. second, .. first] : second);
            if (kind == 0)
                Assert.Equal(TlsReadStatus.Data, pair.Server.Read(new byte[100], out _));
            AssertFails(pair, "bad record mac", "bad record mac");
        }
    }

    [Fact]
    public void MutatedStreams_GiveOnlyWhatWasSentAndEnd()
    {
        Random random = new(2026);
        byte[] buffer = new byte[20_000];
        TlsServerContext server = Server();
        TlsClientContext client = Client();
        for (int i = 0; i < 2000; i++)
        {
            using TlsPair pair = new(server, client);
            pair.Run();
            using MemoryStream sent = new(), received = new();
            for (int record = random.Next(1, 5); record > 0; record--)
            {
                byte[] content = new byte[random.Next(1, random.Next(2) == 0 ? 40 : 2000)];
                random.NextBytes(content);
                sent.Write(content);
                pair.Client.Write(content, out _);
            }

            byte[] wire = pair.Client.Pending.ToArray();
            int at = random.Next(wire.Length);
            wire[at] ^= (byte)random.Next(1, 256);
            if (random.Next(3) == 0)
                wire = [.. wire[..at], .. wire[random.Next(at, wire.Length)..]];
            TlsReadStatus status = TlsReadStatus.WantIo;
            for (int fed = 0; fed < wire.Length && status == TlsReadStatus.WantIo;)
            {
                int piece = Math.Min(random.Next(1, 3000), wire.Length - fed);
                pair.Server.Feed(wire.AsSpan(fed, piece));
                fed += piece;
                while ((status = pair.Server.Read(buffer.AsSpan(0, random.Next(1, buffer.Length)), out int count)) == TlsReadStatus.Data)
                    received.Write(buffer, 0, count);
            }

            pair.Server.EndInput();
            Assert.True(pair.Server.Read(buffer, out _) is TlsReadStatus.Failed or TlsReadStatus.Truncated);
            Assert.NotEqual(TlsFailure.None, pair.Server.Failure);
            Assert.True(sent.ToArray().AsSpan().StartsWith(received.ToArray()));
        }
    }

    [Fact]
    public void ForgedRecord_LeavesTheReadersBytesAlone()
    {
        using TlsPair pair = Pair();
        pair.Client.Write(new byte[1000], out _);
        byte[] record = pair.Client.Pending.ToArray(), buffer = new byte[2000];
        record[^1] ^= 0x80;
        Array.Fill(buffer, (byte)0x5A);
        pair.Server.Feed(record);
        Assert.Equal(TlsReadStatus.Failed, pair.Server.Read(buffer, out int count));
        Assert.Equal(0, count);
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0x5A));
    }

    [Fact]
    public void CloseNotify_EndsOneDirection()
    {
        using TlsPair pair = Pair(ownServer: true, ownClient: false);
        pair.Server.Write("last words"u8, out _);
        pair.Server.Shutdown();
        pair.Server.Shutdown();
        TlsPair.Carry(pair.Server, pair.Client);
        byte[] buffer = new byte[100];
        Assert.Equal(TlsReadStatus.Data, pair.Client.Read(buffer, out int count));
        Assert.Equal("last words", Encoding.ASCII.GetString(buffer, 0, count));
        Assert.Equal(TlsReadStatus.Closed, pair.Client.Read(buffer, out _));
        Assert.Equal(TlsWriteStatus.Failed, pair.Server.Write("more"u8, out _));
        // The other direction goes on, and ends in its turn.
        Assert.Equal("not done"u8.ToArray(), TlsPair.Exchange(pair.Client, pair.Server, "not done"u8));
        pair.Client.Shutdown();
        TlsPair.Carry(pair.Client, pair.Server);
        pair.Server.EndInput();
        Assert.Equal(TlsReadStatus.Closed, pair.Server.Read(buffer, out _));
        Assert.Equal(TlsReadStatus.Closed, pair.Server.Read(buffer, out _));
        Assert.Equal(TlsFailure.None, pair.Server.Failure);
    }

    [Fact]
    public void InputThatEndsWithinARecord_IsTruncation()
    {
        using TlsPair pair = Pair();
        pair.Client.Write("half"u8, out _);
        pair.Server.Feed(pair.Client.Pending[..^1]);
        Assert.Equal(TlsReadStatus.WantIo, pair.Server.Read(new byte[10], out _));
        pair.Server.EndInput();
        Assert.Equal(TlsReadStatus.Truncated, pair.Server.Read(new byte[10], out _));
        Assert.Equal(TlsFailure.Truncated, pair.Server.Failure);
    }

    private static void AssertFails(TlsPair pair, string alert, string text = "")
    {
        TlsPair.Carry(pair.Client, pair.Server);
        byte[] buffer = new byte[20_000];
        Assert.Equal(TlsReadStatus.Failed, pair.Server.Read(buffer, out _));
        Assert.Equal(TlsFailure.Protocol, pair.Server.Failure);
        Assert.StartsWith("Decrypting failed (", pair.Server.FailureText, StringComparison.Ordinal);
        Assert.Contains(text, pair.Server.FailureText, StringComparison.Ordinal);
        Assert.Equal(TlsReadStatus.Failed, pair.Server.Read(buffer, out _));
        Assert.Equal(TlsWriteStatus.Failed, pair.Server.Write("x"u8, out _));
        TlsPair.Carry(pair.Server, pair.Client);
        Assert.Equal(TlsReadStatus.Failed, pair.Client.Read(buffer, out _));
        Assert.Equal(TlsFailure.PeerAlert, pair.Client.Failure);
        Assert.Contains(alert, pair.Client.FailureText, StringComparison.Ordinal);
    }
}
