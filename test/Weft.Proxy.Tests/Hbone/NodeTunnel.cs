using System.Diagnostics;
using System.Text;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>Node's HTTP/2 as the other end of a tunnel: it shows a certificate and asks for one, by TLS 1.3.</summary>
internal sealed class NodeTunnel : IDisposable
{
    private const string Asking = """
        const session = require('http2').connect('https://127.0.0.1:' + process.env.PORT, { ...tls, checkServerIdentity: () => undefined });
        session.on('error', error => say('ERROR ' + error.message));
        const stream = session.request({ ':method': 'CONNECT', ':authority': process.env.AUTHORITY, forwarded: 'for=10.0.0.9', baggage: 'k8s.namespace.name=default' });
        const crypto = require('crypto'), sent = crypto.randomBytes(3 << 20), sum = crypto.createHash('sha256');
        let status, bytes = 0;
        stream.on('error', error => say('ERROR ' + error.message));
        stream.on('response', headers => { status = headers[':status']; stream.end(status === 200 ? sent : undefined); });
        stream.on('data', part => { bytes += part.length; sum.update(part); });
        stream.on('end', () => {
          const same = sum.digest('hex') === crypto.createHash('sha256').update(sent).digest('hex');
          say(`${status} ${bytes} ${same}`);
        });
        """;

    private const string Serving = """
        const server = require('http2').createSecureServer({ ...tls, requestCert: true });
        server.on('stream', (stream, headers) => {
          const names = Object.keys(headers).filter(name => name.startsWith(':')).sort().join(' ');
          const colon = headers[':authority'].lastIndexOf(':');
          say(`${headers[':method']} ${headers[':authority']} ${names} ${stream.session.socket.getPeerCertificate().subjectaltname}`);
          const socket = require('net').connect({ host: headers[':authority'].slice(0, colon), port: headers[':authority'].slice(colon + 1), allowHalfOpen: true }, () => {
            stream.respond({ ':status': 200 });
            stream.pipe(socket);
            socket.pipe(stream);
          });
          socket.on('error', () => stream.close());
          stream.on('error', () => socket.destroy());
        });
        server.listen(0, '127.0.0.1', () => say('PORT ' + server.address().port));
        """;

    private const string Common = """
        const tls = { key: process.env.KEY, cert: process.env.CHAIN, ca: process.env.ROOT, rejectUnauthorized: true, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' };
        const say = line => process.stdout.write(line + '\n');
        process.stdin.on('close', () => process.exit(0)).resume();
        """;

    private readonly Process _process;

    private NodeTunnel(Process process) => _process = process;

    public int Port { get; private set; }

    /// <summary>A client that asks for a tunnel and sends three megabytes; it then says status, bytes that came back, and whether they are the same.</summary>
    public static NodeTunnel Ask(TestAuthority authority, TlsCertificate own, int port, string destination) =>
        Start(Asking, authority, own, ("PORT", $"{port}"), ("AUTHORITY", destination));

    /// <summary>A server that says of each CONNECT what it asks for, and does it.</summary>
    public static async Task<NodeTunnel> ServeAsync(TestAuthority authority, TlsCertificate own)
    {
        NodeTunnel node = Start(Serving, authority, own);
        string line = await node.NextAsync();
        Assert.StartsWith("PORT ", line);
        node.Port = int.Parse(line[5..], System.Globalization.CultureInfo.InvariantCulture);
        return node;
    }

    /// <summary>The next line that it says.</summary>
    public async Task<string> NextAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) ?? "";

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private static NodeTunnel Start(string script, TestAuthority authority, TlsCertificate own, params (string Name, string Value)[] more)
    {
        ProcessStartInfo start = new("node", ["-e", Common + script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["KEY"] = Encoding.ASCII.GetString(own.PrivateKey.Span);
        start.Environment["CHAIN"] = Encoding.ASCII.GetString(own.Chain.Span);
        start.Environment["ROOT"] = Encoding.ASCII.GetString(authority.Pem.Span);
        foreach ((string name, string value) in more) start.Environment[name] = value;
        return new NodeTunnel(Process.Start(start)!);
    }
}
