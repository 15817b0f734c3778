using System.Reflection;
using System.Runtime.InteropServices;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>Catalogue case 46: clients of TLS 1.2 that ask for another handshake within the connection (RFC 5246 section 7.2.2), over and over.</summary>
public sealed partial class RenegotiationTests
{
    private const int Times = 1000;
    private static readonly TlsContextFactory s_factory = new();
    private static readonly TestAuthority s_authority = new();
    private static readonly FieldInfo s_ssl = typeof(TlsSession).GetField("ssl", BindingFlags.Instance | BindingFlags.NonPublic)!;

    [Fact]
    public void RenegotiationAskedForAThousandTimes_IsRefusedEachTimeAndCostsNothing()
    {
        TlsParameters only12 = new() { Minimum = TlsVersion.Tls12, Maximum = TlsVersion.Tls12 };
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_authority.Workload()], Parameters = only12 });
        TlsClientContext client = s_factory.CreateClient(new TlsClientModel { Peer = new TlsPeerPolicy { Trust = s_authority.Trust, RequireSpiffe = true }, Parameters = only12 });
        for (int i = 0; i < Times; i++)
        {
            using TlsPair pair = new(server, client);
            pair.Run();
            Assert.Equal(TlsVersion.Tls12, pair.Server.Version);
            Ask(pair.Client);
            int asked = pair.Client.Pending.Length;
            Assert.True(asked > 50, $"the client said only {asked} bytes");
            TlsPair.Carry(pair.Client, pair.Server);
            Assert.Equal(TlsReadStatus.WantIo, pair.Server.Read(new byte[16], out _));

            // One alert, not a ServerHello with its certificate and its signature, and the connection goes on.
            Assert.InRange(pair.Server.Pending.Length, 1, 64);
            Assert.True(pair.Server.IsOpen);
            Assert.Equal(TlsFailure.None, pair.Server.Failure);
            Assert.Equal(TlsWriteStatus.Done, pair.Server.Write("on"u8, out _));
            Assert.Equal(0, pair.Server.BufferedBytes);
        }
    }

    private static void Ask(TlsSession client)
    {
        nint ssl = (nint)s_ssl.GetValue(client)!;
        Options(ssl, NoRenegotiation);
        Assert.Equal(1, Renegotiate(ssl));
        _ = Handshake(ssl);
    }

    private const ulong NoRenegotiation = 0x40000000;

    // Our own clients do not ask either; this one must.
    [LibraryImport("libssl.so.3", EntryPoint = "SSL_clear_options")]
    private static partial ulong Options(nint ssl, ulong clear);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_renegotiate")]
    private static partial int Renegotiate(nint ssl);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_do_handshake")]
    private static partial int Handshake(nint ssl);
}
