using Envoy.Extensions.TransportSockets.Tls.V3;
using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>SDS: <c>Secret</c> → <see cref="SecretModel"/>; and the parts that TLS contexts give inline.</summary>
internal static class SecretCompiler
{
    public static SecretModel? Compile(Secret secret, string version, CompileScope scope)
    {
        TlsCertificateModel? certificate = null;
        ValidationContextModel? validation = null;
        switch (secret.TypeCase)
        {
            case Secret.TypeOneofCase.TlsCertificate:
                certificate = Certificate(secret.TlsCertificate, scope.Field("tls_certificate"));
                break;
            case Secret.TypeOneofCase.ValidationContext:
                validation = Validation(secret.ValidationContext, scope.Field("validation_context"));
                break;
            case Secret.TypeOneofCase.SessionTicketKeys:
                scope.Refuse(true, "session_ticket_keys");
                break;
            case Secret.TypeOneofCase.GenericSecret:
                scope.Refuse(true, "generic_secret");
                break;
            default:
                scope.Error("the secret has neither `tls_certificate` nor `validation_context`.");
                break;
        }

        return scope.HasErrors
            ? null
            : new SecretModel { Name = secret.Name, Certificate = certificate, Validation = validation, VersionInfo = version };
    }

    public static TlsCertificateModel? Certificate(TlsCertificate certificate, CompileScope scope)
    {
        scope.Refuse(certificate.Pkcs12 is not null, "pkcs12");
        scope.Refuse(certificate.WatchedDirectory is not null, "watched_directory");
        scope.Refuse(certificate.PrivateKeyProvider is not null, "private_key_provider");
        scope.Refuse(certificate.Password is not null, "password");
        scope.Refuse(certificate.SignedCertificateTimestamp.Count > 0, "signed_certificate_timestamp");
        if (certificate.CertificateChain is null || certificate.PrivateKey is null)
        {
            scope.Error("a certificate needs `certificate_chain` and `private_key`.");
            return null;
        }

        return new TlsCertificateModel
        {
            ChainPem = DataSourceReader.Bytes(certificate.CertificateChain, scope.Field("certificate_chain")),
            PrivateKeyPem = DataSourceReader.Bytes(certificate.PrivateKey, scope.Field("private_key")),
            OcspStaple = DataSourceReader.Bytes(certificate.OcspStaple, scope.Field("ocsp_staple")),
        };
    }

    public static ValidationContextModel Validation(CertificateValidationContext context, CompileScope scope)
    {
        scope.Refuse(context.CaCertificateProviderInstance is not null, "ca_certificate_provider_instance");
        scope.Refuse(context.WatchedDirectory is not null, "watched_directory");
        scope.Refuse(context.RequireSignedCertificateTimestamp is not null, "require_signed_certificate_timestamp");
        scope.Refuse(context.TrustChainVerification != CertificateValidationContext.Types.TrustChainVerification.VerifyTrustChain, "trust_chain_verification");
        scope.Refuse(context.CustomValidatorConfig is not null, "custom_validator_config");
        CheckPins(context, scope);
        var names = new List<SubjectNameMatchModel>();
        for (var i = 0; i < context.MatchTypedSubjectAltNames.Count; i++)
        {
            Add(names, context.MatchTypedSubjectAltNames[i], scope.Item("match_typed_subject_alt_names", i));
        }

        for (var i = 0; i < context.MatchSubjectAltNames.Count; i++)
        {
            Add(names, SubjectNameKind.Any, context.MatchSubjectAltNames[i], scope.Item("match_subject_alt_names", i));
        }

        var lists = DataSourceReader.Bytes(context.Crl, scope.Field("crl"));
        if (context.Crl is not null && lists.IsEmpty && !scope.HasErrors)
        {
            scope.Field("crl").Error("it is empty: a revocation list that revokes nothing is a list all the same.");
        }

        return new ValidationContextModel
        {
            TrustedCaPem = DataSourceReader.Bytes(context.TrustedCa, scope.Field("trusted_ca")),
            SubjectNames = names,
            AllowExpired = context.AllowExpiredCertificate,
            CertificateHashes = [.. context.VerifyCertificateHash.Select(h => h.Replace(":", "", StringComparison.Ordinal))],
            CrlPem = lists,
            CrlFile = context.Crl is { SpecifierCase: Envoy.Config.Core.V3.DataSource.SpecifierOneofCase.Filename } file ? file.Filename : null,
            CrlOfLeafOnly = context.OnlyVerifyLeafCertCrl,
            PublicKeyHashes = [.. context.VerifyCertificateSpki],
            MaxDepth = context.MaxVerifyDepth is null ? null : scope.Count(context.MaxVerifyDepth, "max_verify_depth", 0, 0, 100),
        };
    }

    /// <summary>A pin that no certificate can ever have would only show when connections fail.</summary>
    private static void CheckPins(CertificateValidationContext context, CompileScope scope)
    {
        Span<byte> digest = stackalloc byte[33];
        for (var i = 0; i < context.VerifyCertificateSpki.Count; i++)
        {
            if (!Convert.TryFromBase64String(context.VerifyCertificateSpki[i], digest, out var length) || length != 32)
            {
                scope.Item("verify_certificate_spki", i).Error("it is not a SHA-256 digest in base64 (44 characters).");
            }
        }

        for (var i = 0; i < context.VerifyCertificateHash.Count; i++)
        {
            var hash = context.VerifyCertificateHash[i].Replace(":", "", StringComparison.Ordinal);
            if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit))
            {
                scope.Item("verify_certificate_hash", i).Error("it is not a SHA-256 digest in hexadecimal digits (64 of them).");
            }
        }
    }

    private static void Add(List<SubjectNameMatchModel> names, SubjectAltNameMatcher matcher, CompileScope scope)
    {
        var kind = matcher.SanType switch
        {
            SubjectAltNameMatcher.Types.SanType.Uri => SubjectNameKind.Uri,
            SubjectAltNameMatcher.Types.SanType.Dns => SubjectNameKind.Dns,
            SubjectAltNameMatcher.Types.SanType.IpAddress => SubjectNameKind.IpAddress,
            SubjectAltNameMatcher.Types.SanType.Email => SubjectNameKind.Email,
            _ => SubjectNameKind.Any,
        };
        if (kind == SubjectNameKind.Any)
        {
            scope.Field("san_type").Error($"weft-proxy does not support the kind of name `{matcher.SanType}`; use URI, DNS, IP_ADDRESS or EMAIL.");
        }

        Add(names, kind, matcher.Matcher, scope.Field("matcher"));
    }

    private static void Add(
        List<SubjectNameMatchModel> names, SubjectNameKind kind, Envoy.Type.Matcher.V3.StringMatcher? matcher, CompileScope scope)
    {
        SubjectNameMatchModel? match = matcher?.MatchPatternCase switch
        {
            Envoy.Type.Matcher.V3.StringMatcher.MatchPatternOneofCase.Exact => new(kind, StringMatchKind.Exact, matcher.Exact, matcher.IgnoreCase),
            Envoy.Type.Matcher.V3.StringMatcher.MatchPatternOneofCase.Prefix => new(kind, StringMatchKind.Prefix, matcher.Prefix, matcher.IgnoreCase),
            Envoy.Type.Matcher.V3.StringMatcher.MatchPatternOneofCase.Suffix => new(kind, StringMatchKind.Suffix, matcher.Suffix, matcher.IgnoreCase),
            Envoy.Type.Matcher.V3.StringMatcher.MatchPatternOneofCase.Contains => new(kind, StringMatchKind.Contains, matcher.Contains, matcher.IgnoreCase),
            _ => null,
        };
        if (match is null)
        {
            scope.Error("certificate names can be matched by `exact`, `prefix`, `suffix` or `contains`.");
        }
        else
        {
            names.Add(match);
        }
    }
}
