using Weft.Proxy.Model;
using Weft.Proxy.Tls;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>Contexts whose sessions protect their records themselves, and others that leave them to OpenSSL, so that each can be the other's peer.</summary>
internal static class RecordWorld
{
    internal const string Aes128 = "TLS_AES_128_GCM_SHA256";
    internal const string Aes256 = "TLS_AES_256_GCM_SHA384";
    internal const string ChaCha20 = "TLS_CHACHA20_POLY1305_SHA256";

    internal static readonly TestAuthority Authority = new();
    private static readonly TlsCertificate s_reviews = Authority.Workload();
    private static readonly TlsCertificate s_ratings = Authority.Workload("spiffe://cluster.local/ns/default/sa/ratings");

    internal static TlsServerContext Server(bool own = true, string suites = Aes128, TlsVersion maximum = TlsVersion.Auto)
    {
        TlsServerContext context = new TlsContextFactory(!own).CreateServer(new TlsServerModel
        {
            Certificates = [s_reviews],
            Peer = new TlsPeerPolicy { Trust = Authority.Trust, RequireSpiffe = true },
            ClientCertificate = ClientCertificateMode.Required,
            Parameters = new TlsParameters { Maximum = maximum },
        });
        Assert.Equal(1, LibSsl.SSL_CTX_set_ciphersuites(context.Core.Handle, suites));
        return context;
    }

    internal static TlsClientContext Client(bool own = true, string suites = Aes128, bool resumption = true)
    {
        TlsClientContext context = new TlsContextFactory(!own).CreateClient(new TlsClientModel
        {
            Certificate = s_ratings,
            Peer = new TlsPeerPolicy { Trust = Authority.Trust, RequireSpiffe = true },
            ServerName = "reviews",
            Resumption = resumption,
        });
        Assert.Equal(1, LibSsl.SSL_CTX_set_ciphersuites(context.Core.Handle, suites));
        return context;
    }

    /// <summary>An open pair.</summary>
    internal static TlsPair Pair(bool ownServer = true, bool ownClient = true, string suites = Aes128)
    {
        TlsPair pair = new(Server(ownServer, suites), Client(ownClient, suites));
        pair.Run();
        Assert.Equal((ownServer, ownClient), (pair.Server.OwnsRecords, pair.Client.OwnsRecords));
        return pair;
    }

    /// <summary>Makes one record by hand: the content and its type, then so many zeros.</summary>
    internal static unsafe void Send(TlsSession from, byte type, ReadOnlySpan<byte> content, int padding = 0)
    {
        // Zeros as type and content are padding to the reader, who looks for the type behind the last byte that is none.
        byte[] inner = [.. content, type, .. new byte[padding]];
        fixed (byte* start = inner)
            from.Records->Send(inner[^1], start, inner.Length - 1);
    }

    internal static unsafe void UpdateKeys(TlsSession of, bool asking) => of.Records->SendKeyUpdate(asking);

    internal static unsafe void SetRecordsPerKey(TlsSession of, ulong records) => of.Records->RecordsPerKey = records;

    internal static unsafe ulong RecordsRead(TlsSession of) => of.Records->Reading.Sequence;

    internal static unsafe ulong RecordsWritten(TlsSession of) => of.Records->Writing.Sequence;
}
