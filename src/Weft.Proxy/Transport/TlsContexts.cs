using System.Runtime.CompilerServices;
using Weft.Proxy.Identity;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Transport;

/// <summary>
/// Turns the TLS parts of the model and the secrets that they name into OpenSSL contexts, once for each change of either. A secret that
/// has not arrived, or does not parse, makes a slot with a problem instead of a context: fail closed, never plaintext. Used by the
/// control thread that builds snapshots.
/// </summary>
internal sealed class TlsContexts(bool openSslRecords = false)
{
    private readonly TlsContextFactory _factory = new(openSslRecords);
    private IReadOnlyDictionary<string, SecretModel> _secrets = new Dictionary<string, SecretModel>();
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<CommonTlsModel, object> _made = [];
    private List<string> _errors = [];

    /// <summary>Starts a build with these secrets.</summary>
    public void Begin(IReadOnlyDictionary<string, SecretModel> secrets, List<string> errors)
    {
        _errors = errors;
        _changed.Clear();
        foreach ((string name, SecretModel secret) in secrets)
        {
            if (!_secrets.TryGetValue(name, out SecretModel? old) || !ReferenceEquals(old, secret)) _changed.Add(name);
        }

        foreach (string name in _secrets.Keys)
        {
            if (!secrets.ContainsKey(name)) _changed.Add(name);
        }

        _secrets = secrets;
        if (_changed.Count == 0) return;
        foreach (CommonTlsModel stale in _made.Select(static entry => entry.Key).Where(Changed).ToArray()) _made.Remove(stale);
    }

    /// <summary>True when a secret that the cluster names changed with this build.</summary>
    public bool Changed(ClusterModel cluster) =>
        _changed.Count > 0 && (Changed(cluster.Tls) || cluster.TransportSocketMatches.Any(match => Changed(match.Tls)));

    /// <summary>True when a secret that the listener names changed with this build.</summary>
    public bool Changed(ListenerModel listener) =>
        _changed.Count > 0 && (Changed(listener.DefaultFilterChain?.Tls) || listener.FilterChains.Any(chain => Changed(chain.Tls)));

    /// <summary>The accepting side for a filter chain.</summary>
    public ServerTlsSlot Server(DownstreamTlsModel model)
    {
        if (_made.TryGetValue(model, out object? made)) return (ServerTlsSlot)made;
        ServerTlsSlot slot;
        try
        {
            slot = Certificates(model) is not { Count: > 0 } certificates || !TryValidation(model, out ValidationContextModel? validation)
                ? new ServerTlsSlot(null, Missing(model))
                : new ServerTlsSlot(_factory.CreateServer(new TlsServerModel
                {
                    Parameters = Parameters(model),
                    Certificates = certificates,
                    Peer = Policy(model, validation, null),
                    ClientCertificate = model.RequireClientCertificate ? ClientCertificateMode.Required
                        : validation is null ? ClientCertificateMode.None
                        : ClientCertificateMode.Optional,
                    Alpn = model.AlpnProtocols,
                    SessionTickets = !model.DisableSessionResumption,
                    SessionLifetime = model.SessionTimeout ?? TlsServerModel.DefaultSessionLifetime,
                    OcspStaplePolicy = model.OcspStaplePolicy,
                }), "");
        }
        catch (TlsConfigurationException failure)
        {
            _errors.Add(failure.Message);
            slot = new ServerTlsSlot(null, failure.Message);
        }

        _made.Add(model, slot);
        return slot;
    }

    /// <summary>The connecting side for a cluster or one of its transport socket matches.</summary>
    public ClientTlsSlot Client(UpstreamTlsModel model)
    {
        if (_made.TryGetValue(model, out object? made)) return (ClientTlsSlot)made;
        ClientTlsSlot slot;
        try
        {
            List<TlsCertificate>? certificates = Certificates(model);
            slot = certificates is null || !TryValidation(model, out ValidationContextModel? validation)
                ? new ClientTlsSlot(model, null, Missing(model))
                : new ClientTlsSlot(model, _factory.CreateClient(new TlsClientModel
                {
                    Parameters = Parameters(model),
                    Certificate = certificates.Count > 0 ? certificates[0] : null,
                    Peer = Policy(model, validation, model.AutoSniSanValidation && model.Sni.Length > 0 ? model.Sni : null),
                    ServerName = model.Sni,
                    Alpn = model.AlpnProtocols,
                    Resumption = model.MaxSessionKeys > 0,
                }), "");
        }
        catch (TlsConfigurationException failure)
        {
            _errors.Add(failure.Message);
            slot = new ClientTlsSlot(model, null, failure.Message);
        }

        _made.Add(model, slot);
        return slot;
    }

    private static TlsParameters Parameters(CommonTlsModel model) => new()
    {
        Minimum = model.MinimumVersion,
        Maximum = model.MaximumVersion,
        CipherSuites = model.CipherSuites,
        Groups = model.Curves,
    };

    private static TlsPeerPolicy? Policy(CommonTlsModel model, ValidationContextModel? validation, string? hostName)
    {
        if (validation is null) return null;
        if (validation.TrustedCaPem.IsEmpty)
        {
            // Names that nobody vouches for prove nothing: accepting them would only look like a check.
            if (validation.SubjectNames.Count + validation.CertificateHashes.Count + validation.PublicKeyHashes.Count > 0 || !validation.CrlPem.IsEmpty || hostName is not null)
                throw new TlsConfigurationException("The peer's names, certificate or revocation are to be checked, but no trusted authorities are given; set trusted_ca.");
            return null;
        }

        // Who is checked by the mesh's roots is a workload of the mesh.
        bool spiffe = model.ValidationSecretName == WorkloadIdentityOptions.RootSecretName
            || validation.SubjectNames.Any(static name => name.Value.StartsWith("spiffe://", StringComparison.Ordinal));
        return new TlsPeerPolicy
        {
            Trust = TlsTrust.ForAll(validation.TrustedCaPem) with { RevocationLists = validation.CrlPem, RevocationOfLeafOnly = validation.CrlOfLeafOnly },
            RequireSpiffe = spiffe,
            AllowedNames = [.. validation.SubjectNames.Select(Matcher)],
            HostName = hostName,
            AllowExpired = validation.AllowExpired,
            CertificateHashes = validation.CertificateHashes,
            PublicKeyHashes = validation.PublicKeyHashes,
            MaxDepth = validation.MaxDepth ?? TlsPeerPolicy.DefaultMaxDepth,
        };
    }

    private static SanMatcher Matcher(SubjectNameMatchModel name) => new(
        name.Kind switch
        {
            SubjectNameKind.Uri => SanType.Uri,
            SubjectNameKind.Dns => SanType.Dns,
            SubjectNameKind.IpAddress => SanType.IpAddress,
            _ => SanType.Any,
        },
        name.Match switch
        {
            StringMatchKind.Prefix => SanMatchMode.Prefix,
            StringMatchKind.Suffix => SanMatchMode.Suffix,
            StringMatchKind.Contains => SanMatchMode.Contains,
            _ => SanMatchMode.Exact,
        },
        name.Value,
        name.IgnoreCase);

    private bool Changed(CommonTlsModel? model) =>
        model is not null
        && ((model.ValidationSecretName is { } name && _changed.Contains(name))
            || (model.Validation?.CrlFile is { } list && _changed.Contains(FileSecrets.ListName(list)))
            || model.CertificateSecretNames.Any(_changed.Contains));

    /// <summary>The certificates, or null when a named one has not arrived.</summary>
    private List<TlsCertificate>? Certificates(CommonTlsModel model)
    {
        List<TlsCertificate> result = [.. model.Certificates.Select(static c => new TlsCertificate(c.ChainPem, c.PrivateKeyPem, OcspStaple: c.OcspStaple))];
        foreach (string name in model.CertificateSecretNames)
        {
            if (!_secrets.TryGetValue(name, out SecretModel? secret) || secret.Certificate is not { } certificate) return null;
            result.Add(new TlsCertificate(certificate.ChainPem, certificate.PrivateKeyPem, OcspStaple: certificate.OcspStaple));
        }

        return result;
    }

    /// <summary>False when named roots have not arrived.</summary>
    private bool TryValidation(CommonTlsModel model, out ValidationContextModel? validation)
    {
        validation = model.Validation;
        ReadOnlyMemory<byte> lists = Lists(validation);
        if (model.ValidationSecretName is not { } name)
        {
            if (validation is not null && !lists.Equals(validation.CrlPem)) validation = validation.WithCrl(lists);
            return true;
        }

        if (!_secrets.TryGetValue(name, out SecretModel? secret) || secret.Validation is not { } named) return false;
        validation = new ValidationContextModel
        {
            TrustedCaPem = named.TrustedCaPem,
            CrlPem = named.CrlPem.IsEmpty ? lists : named.CrlPem,
            SubjectNames = validation is { SubjectNames.Count: > 0 } ? validation.SubjectNames : named.SubjectNames,
            AllowExpired = named.AllowExpired || validation?.AllowExpired == true,
            CertificateHashes = validation is { CertificateHashes.Count: > 0 } ? validation.CertificateHashes : named.CertificateHashes,
            CrlOfLeafOnly = named.CrlOfLeafOnly || validation?.CrlOfLeafOnly == true,
            PublicKeyHashes = validation is { PublicKeyHashes.Count: > 0 } ? validation.PublicKeyHashes : named.PublicKeyHashes,
            MaxDepth = validation?.MaxDepth ?? named.MaxDepth,
        };
        return true;
    }

    /// <summary>The revocation lists as their file has them now.</summary>
    private ReadOnlyMemory<byte> Lists(ValidationContextModel? validation) =>
        validation?.CrlFile is { } file && _secrets.TryGetValue(FileSecrets.ListName(file), out SecretModel? newer) && newer.Validation is { } read ? read.CrlPem : validation?.CrlPem ?? default;

    private string Missing(CommonTlsModel model)
    {
        string[] names = [.. model.CertificateSecretNames.Append(model.ValidationSecretName).OfType<string>().Where(name => !_secrets.ContainsKey(name))];
        return names.Length > 0
            ? $"The secret '{string.Join("', '", names)}' has not arrived yet."
            : "TLS is configured without a certificate.";
    }
}
