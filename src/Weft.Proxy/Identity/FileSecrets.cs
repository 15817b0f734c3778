using Weft.Proxy.Model;
using Weft.Proxy.Tls;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Identity;

/// <summary>
/// Certificates, roots and revocation lists that the configuration names as files: what Istio's agent serves as <c>file-cert:CHAIN~KEY</c> and <c>file-root:PATH</c>, and
/// <c>file-crl:PATH</c> for lists. Read when first named, looked at again every few seconds. Files that cannot be read, or do not make a whole, leave the last good
/// ones in force; that is told once for each change. Thread-safe.
/// </summary>
/// <param name="secrets">Where they go.</param>
/// <param name="log">Takes sentences for people.</param>
/// <param name="time">The clock.</param>
public sealed class FileSecrets(SecretStore secrets, Action<string> log, TimeProvider time)
{
    /// <summary>How often files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The most bytes of one file.</summary>
    public const int MaxFileBytes = 4 << 20;

    private const string CertificatePrefix = "file-cert:";
    private const string RootPrefix = "file-root:";
    private const string ListPrefix = "file-crl:";
    private const string SystemRoots = "system";

    /// <summary>Where the authorities that a machine trusts are: Debian and Alpine, Fedora and Red Hat, SUSE.</summary>
    private static readonly string[] s_systemRoots = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    private readonly Lock gate = new();
    private readonly Dictionary<string, string> stamps = new(StringComparer.Ordinal);
    private IReadOnlySet<string> names = new HashSet<string>();

    /// <summary>Whether a secret of this name comes from files.</summary>
    public static bool IsFile(string name) =>
        name.StartsWith(CertificatePrefix, StringComparison.Ordinal) || name.StartsWith(RootPrefix, StringComparison.Ordinal) || name.StartsWith(ListPrefix, StringComparison.Ordinal);

    /// <summary>The name of the secret that a revocation list's file is.</summary>
    public static string ListName(string path) => ListPrefix + path;

    /// <summary>Says which are named now. Those not known yet are read at once, those not named any more forgotten.</summary>
    public void Use(IReadOnlySet<string> wanted)
    {
        string[] gone;
        lock (gate)
        {
            if (wanted.Count == 0 && names.Count == 0) return;
            gone = [.. names.Where(name => !wanted.Contains(name))];
            foreach (string name in gone) stamps.Remove(name);
            names = wanted;
        }

        // Each change leads back here, to what is already so.
        foreach (string name in gone) secrets.Remove(name);
        Look(onlyNew: true);
    }

    /// <summary>Looks at the files until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false)) Look(onlyNew: false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The proxy ends.
        }
    }

    /// <summary>Reads what changed since it was read last.</summary>
    /// <param name="onlyNew">Leave alone what was looked at before.</param>
    public void Look(bool onlyNew)
    {
        List<SecretModel> changed = [];
        lock (gate)
        {
            foreach (string name in names)
            {
                if (onlyNew && stamps.ContainsKey(name)) continue;
                string stamp = Stamp(name);
                if (stamps.GetValueOrDefault(name) == stamp) continue;
                stamps[name] = stamp;
                if (Read(name) is { } secret) changed.Add(secret);
            }
        }

        if (changed.Count > 0) secrets.Publish([.. changed]);
    }

    private static string[] Paths(string name)
    {
        if (name.StartsWith(CertificatePrefix, StringComparison.Ordinal))
        {
            return name[CertificatePrefix.Length..].Split('~', 2);
        }

        string path = name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return [path == SystemRoots && name.StartsWith(RootPrefix, StringComparison.Ordinal) ? s_systemRoots.FirstOrDefault(File.Exists) ?? s_systemRoots[0] : path];
    }

    /// <summary>What changes when a file does: length and time of its last change, and for a link that of its target.</summary>
    private static string Stamp(string name) => string.Join(' ', Paths(name).Select(static path =>
    {
        try
        {
            FileInfo file = new(path);
            if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            return file.Exists ? $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}" : "-";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "-";
        }
    }));

    private SecretModel? Read(string name)
    {
        try
        {
            byte[][] parts = [.. Paths(name).Select(Bytes)];
            SecretModel secret = name.StartsWith(CertificatePrefix, StringComparison.Ordinal) ? Certificate(name, parts)
                : name.StartsWith(RootPrefix, StringComparison.Ordinal) ? Roots(name, parts[0])
                : List(name, parts[0]);
            return secret;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or TlsConfigurationException)
        {
            log($"The TLS file of '{name}' cannot be used, {(secrets.Current.ContainsKey(name) ? "what it held before stays in force" : "and TLS that needs it is refused")}: {e.Message}");
            return null;
        }
    }

    private static byte[] Bytes(string path)
    {
        long length = new FileInfo(path).Length;
        return length <= MaxFileBytes ? File.ReadAllBytes(path) : throw new IOException($"{path} has {length} bytes, {MaxFileBytes} are allowed.");
    }

    private static SecretModel Certificate(string name, byte[][] parts)
    {
        if (parts.Length != 2) throw new ArgumentException("the name must be file-cert:CHAIN~KEY.");
        // Half of a renewal is not a pair.
        _ = new NativeCertificate(new TlsCertificate(parts[0], parts[1]));
        return new SecretModel { Name = name, Certificate = new TlsCertificateModel { ChainPem = parts[0], PrivateKeyPem = parts[1] } };
    }

    private static SecretModel Roots(string name, byte[] roots)
    {
        foreach (nint certificate in PemReader.Certificates(roots, "trusted certificate authorities")) LibCrypto.X509_free(certificate);
        return new SecretModel { Name = name, Validation = new ValidationContextModel { TrustedCaPem = roots } };
    }

    private static SecretModel List(string name, byte[] list)
    {
        foreach (nint one in PemReader.RevocationLists(list, "certificate revocation list")) LibCrypto.X509_CRL_free(one);
        return new SecretModel { Name = name, Validation = new ValidationContextModel { CrlPem = list } };
    }
}
