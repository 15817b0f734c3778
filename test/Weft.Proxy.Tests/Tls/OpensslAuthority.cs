using System.Diagnostics;
using System.Text;

namespace Weft.Proxy.Tests.Tls;

/// <summary>An authority kept by the openssl command line, as people run one: certificates, revocation lists, OCSP responses as files.</summary>
internal sealed class OpensslAuthority : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    internal OpensslAuthority()
    {
        Folder = Directory.CreateTempSubdirectory("weft-pki-").FullName;
        File.WriteAllText(At("ca.cnf"), $"""
            [ca]
            default_ca = own
            [own]
            database = {Folder}/index.txt
            new_certs_dir = {Folder}
            certificate = {Folder}/ca.pem
            private_key = {Folder}/ca.key
            serial = {Folder}/serial
            crlnumber = {Folder}/crlnumber
            default_md = sha256
            default_days = 2
            default_crl_days = 1
            policy = any
            unique_subject = no
            copy_extensions = copy
            [any]
            commonName = supplied
            [req]
            distinguished_name = dn
            [dn]
            """);
        File.WriteAllText(At("index.txt"), "");
        File.WriteAllText(At("serial"), "1000\n");
        File.WriteAllText(At("crlnumber"), "01\n");
        Run($"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {At("ca.key")} -out {At("ca.pem")} -days 2 -subj /CN=root -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature -config {At("ca.cnf")}");
    }

    internal string Folder { get; }

    internal string Root => At("ca.pem");

    /// <summary>Makes <c>NAME.pem</c> and <c>NAME.key</c>.</summary>
    /// <param name="name">The file's and the subject's name.</param>
    /// <param name="names">subjectAltName as openssl writes it.</param>
    /// <param name="more">A further extension.</param>
    internal void Issue(string name, string names, string? more = null)
    {
        Run($"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {At(name + ".key")} -out {At(name + ".csr")} -subj /CN={name} -addext subjectAltName={names} -addext extendedKeyUsage=serverAuth,clientAuth {(more is null ? "" : $"-addext {more} ")}-config {At("ca.cnf")}");
        Run($"ca -batch -notext -config {At("ca.cnf")} -in {At(name + ".csr")} -out {At(name + ".pem")}");
    }

    internal void Revoke(string name) => Run($"ca -config {At("ca.cnf")} -revoke {At(name + ".pem")}");

    /// <summary>The path of a new revocation list.</summary>
    internal string RevocationList(bool expired = false)
    {
        string path = At($"{Guid.NewGuid():N}.crl");
        Run($"ca -config {At("ca.cnf")} -gencrl {(expired ? "-crl_lastupdate 250101000000Z -crl_nextupdate 250102000000Z " : "")}-out {path}");
        return path;
    }

    /// <summary>The path of a new OCSP response about a certificate.</summary>
    internal string OcspResponse(string name)
    {
        string request = At(name + ".ocsp-req"), response = At($"{name}-{Guid.NewGuid():N}.ocsp");
        Run($"ocsp -issuer {Root} -cert {At(name + ".pem")} -no_nonce -reqout {request}");
        Run($"ocsp -index {At("index.txt")} -CA {Root} -rsigner {Root} -rkey {At("ca.key")} -reqin {request} -respout {response} -ndays 1");
        return response;
    }

    /// <summary>The same response as it would be read years later: its end is in the past. Only who checks its signature could tell.</summary>
    internal static string Expired(string response)
    {
        byte[] der = File.ReadAllBytes(response);
        // nextUpdate is the GeneralizedTime behind the tag [0] (RFC 6960 4.2.1): A0 11 18 0F YYYY…
        int at = der.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xA0, 0x11, 0x18, 0x0F, 0x32, 0x30]);
        Assert.True(at > 0, "the response has no nextUpdate");
        "2020"u8.CopyTo(der.AsSpan(at + 4));
        string path = response + ".expired";
        File.WriteAllBytes(path, der);
        return path;
    }

    internal string At(string file) => Path.Combine(Folder, file);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Runs a program against the proxy with a text as its input; what it said, and how it ended.</summary>
    internal static async Task<(int ExitCode, string Text)> AskAsync(string program, string arguments, string input = "")
    {
        using Process process = Start(program, arguments);
        using CancellationTokenSource limit = new(s_deadline);
        Task<string> text = process.StandardOutput.ReadToEndAsync(limit.Token), errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read: what it said tells why.
        }

        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await text + await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    internal static Process Start(string program, string arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = Encoding.Latin1,
    })!;

    private static void Run(string arguments)
    {
        using Process process = Start("openssl", arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(s_deadline) && process.ExitCode == 0, $"openssl {arguments}: {errors}{output.Result}");
    }
}
