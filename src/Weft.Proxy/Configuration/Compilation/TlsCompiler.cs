using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.InternalUpstream.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Type.Metadata.V3;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>Transport sockets: TLS on either side, or plaintext.</summary>
internal static class TlsCompiler
{
    private const string RawBuffer = XdsTypeUrls.Prefix + "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
    private const string Upstream = XdsTypeUrls.Prefix + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    private const string Downstream = XdsTypeUrls.Prefix + "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
    private const string InternalUpstream = XdsTypeUrls.Prefix + "envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport";
    private const string ProxyProtocolUpstream = XdsTypeUrls.Prefix + "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport";
    private const string RawBufferName = "envoy.transport_sockets.raw_buffer";

    /// <summary>The transport towards endpoints: the PROXY header in front, and TLS; null is plaintext.</summary>
    public static (UpstreamTlsModel? Tls, UpstreamProxyProtocol ProxyProtocol) ToUpstreamTransport(TransportSocket? socket, CompileScope scope)
    {
        if (socket?.TypedConfig?.TypeUrl != ProxyProtocolUpstream)
        {
            return (ToUpstream(socket, scope), UpstreamProxyProtocol.None);
        }

        var typed = scope.Field("typed_config");
        if (typed.Unpack(socket.TypedConfig, ProxyProtocolUpstreamTransport.Parser) is not { } wrapper)
        {
            return default;
        }

        typed.Field("config").Refuse(wrapper.Config?.PassThroughTlvs is not null, "pass_through_tlvs");
        typed.Refuse(wrapper.ConnectionPoolSettings is not null, "connection_pool_settings");
        if (wrapper.TransportSocket is null)
        {
            typed.Field("transport_socket").Error("it says what is sent behind the PROXY header: set raw_buffer or TLS.");
        }

        return (
            ToUpstream(wrapper.TransportSocket, typed.Field("transport_socket")),
            wrapper.Config?.Version == ProxyProtocolConfig.Types.Version.V2 ? UpstreamProxyProtocol.Version2 : UpstreamProxyProtocol.Version1);
    }

    /// <summary>TLS towards an endpoint; null is plaintext.</summary>
    public static UpstreamTlsModel? ToUpstream(TransportSocket? socket, CompileScope scope)
    {
        if (IsPlain(socket))
        {
            return null;
        }

        var typed = scope.Field("typed_config");
        if (socket!.TypedConfig?.TypeUrl == InternalUpstream)
        {
            return Inside(socket, typed);
        }

        if (socket.TypedConfig?.TypeUrl != Upstream)
        {
            typed.RefuseType(socket.Name, socket.TypedConfig);
            return null;
        }

        if (typed.Unpack(socket.TypedConfig, UpstreamTlsContext.Parser) is not { } context)
        {
            return null;
        }

        typed.Refuse(context.AllowRenegotiation, "allow_renegotiation");
        typed.Refuse(context.EnforceRsaKeyUsage == false, "enforce_rsa_key_usage");
        var common = Common(context.CommonTlsContext, typed.Field("common_tls_context"));
        return new UpstreamTlsModel
        {
            Sni = context.Sni,
            AutoHostSni = context.AutoHostSni,
            AutoSniSanValidation = context.AutoSniSanValidation,
            MaxSessionKeys = typed.Count(context.MaxSessionKeys, "max_session_keys", 1),
            MinimumVersion = common.MinimumVersion,
            MaximumVersion = common.MaximumVersion,
            CipherSuites = common.CipherSuites,
            Curves = common.Curves,
            AlpnProtocols = common.AlpnProtocols,
            Certificates = common.Certificates,
            CertificateSecretNames = common.CertificateSecretNames,
            Validation = common.Validation,
            ValidationSecretName = common.ValidationSecretName,
        };
    }

    /// <summary>TLS that a filter chain ends; null is plaintext.</summary>
    public static DownstreamTlsModel? ToDownstream(TransportSocket? socket, CompileScope scope)
    {
        if (IsPlain(socket))
        {
            return null;
        }

        var typed = scope.Field("typed_config");
        if (socket!.TypedConfig?.TypeUrl != Downstream)
        {
            typed.RefuseType(socket.Name, socket.TypedConfig);
            return null;
        }

        if (typed.Unpack(socket.TypedConfig, DownstreamTlsContext.Parser) is not { } context)
        {
            return null;
        }

        typed.Refuse(context.SessionTicketKeys is not null, "session_ticket_keys");
        typed.Refuse(context.SessionTicketKeysSdsSecretConfig is not null, "session_ticket_keys_sds_secret_config");
        typed.Refuse(context.FullScanCertsOnSniMismatch == true, "full_scan_certs_on_sni_mismatch");
        typed.Refuse(context.RequireSni == true, "require_sni");
        typed.Refuse(context.PreferClientCiphers, "prefer_client_ciphers");
        var common = Common(context.CommonTlsContext, typed.Field("common_tls_context"));
        if (common.Certificates.Count == 0 && common.CertificateSecretNames.Count == 0)
        {
            typed.Error("TLS on a listener needs a certificate: `tls_certificates` or `tls_certificate_sds_secret_configs`.");
        }

        return new DownstreamTlsModel
        {
            RequireClientCertificate = context.RequireClientCertificate == true,
            DisableSessionResumption = context.DisableStatelessSessionResumption && context.DisableStatefulSessionResumption,
            SessionTimeout = context.SessionTimeout is null ? null : typed.Duration(context.SessionTimeout, "session_timeout", TimeSpan.Zero),
            OcspStaplePolicy = Policy(context.OcspStaplePolicy, typed),
            MinimumVersion = common.MinimumVersion,
            MaximumVersion = common.MaximumVersion,
            CipherSuites = common.CipherSuites,
            Curves = common.Curves,
            AlpnProtocols = common.AlpnProtocols,
            Certificates = common.Certificates,
            CertificateSecretNames = common.CertificateSecretNames,
            Validation = common.Validation,
            ValidationSecretName = common.ValidationSecretName,
        };
    }

    /// <summary>
    /// What goes through a tunnel to an endpoint with an internal address. The endpoint's metadata that it names is passed to the listener; here that is
    /// the original destination, which an endpoint passes without being told to.
    /// </summary>
    private static UpstreamTlsModel? Inside(TransportSocket socket, CompileScope scope)
    {
        if (scope.Unpack(socket.TypedConfig, InternalUpstreamTransport.Parser) is not { } transport)
        {
            return null;
        }

        for (var i = 0; i < transport.PassthroughMetadata.Count; i++)
        {
            var source = transport.PassthroughMetadata[i];
            scope.Refuse(source.Kind?.KindCase != MetadataKind.KindOneofCase.Host || source.Name != "envoy.filters.listener.original_dst", "passthrough_metadata",
                "other metadata than the endpoint's `envoy.filters.listener.original_dst`.");
        }

        return ToUpstream(transport.TransportSocket, scope.Field("transport_socket"));
    }

    private static OcspStaplePolicy Policy(DownstreamTlsContext.Types.OcspStaplePolicy policy, CompileScope scope)
    {
        if (policy is < DownstreamTlsContext.Types.OcspStaplePolicy.LenientStapling or > DownstreamTlsContext.Types.OcspStaplePolicy.MustStaple)
        {
            scope.Field("ocsp_staple_policy").Error($"weft-proxy does not know the policy {(int)policy}.");
        }

        return (OcspStaplePolicy)policy;
    }

    private static bool IsPlain(TransportSocket? socket) =>
        socket is null || socket.TypedConfig?.TypeUrl == RawBuffer || (socket.TypedConfig is null && socket.Name == RawBufferName);

    private static CommonParts Common(CommonTlsContext? context, CompileScope scope)
    {
        context ??= new CommonTlsContext();
        scope.Refuse(context.TlsCertificateProviderInstance is not null, "tls_certificate_provider_instance");
        scope.Refuse(context.CustomTlsCertificateSelector is not null, "custom_tls_certificate_selector");
        scope.Refuse(context.CustomHandshaker is not null, "custom_handshaker");
        scope.Refuse(context.KeyLog is not null, "key_log");
        var parameters = context.TlsParams ?? new TlsParameters();
        scope.Field("tls_params").Refuse(parameters.SignatureAlgorithms.Count > 0, "signature_algorithms");
        var certificates = new List<TlsCertificateModel>();
        for (var i = 0; i < context.TlsCertificates.Count; i++)
        {
            if (SecretCompiler.Certificate(context.TlsCertificates[i], scope.Item("tls_certificates", i)) is { } certificate)
            {
                certificates.Add(certificate);
            }
        }

        var names = new List<string>();
        for (var i = 0; i < context.TlsCertificateSdsSecretConfigs.Count; i++)
        {
            names.Add(SecretName(context.TlsCertificateSdsSecretConfigs[i], scope.Item("tls_certificate_sds_secret_configs", i)));
        }

        var (validation, validationSecret) = Validation(context, scope);
        return new CommonParts(
            Version(parameters.TlsMinimumProtocolVersion, scope, "tls_minimum_protocol_version"),
            Version(parameters.TlsMaximumProtocolVersion, scope, "tls_maximum_protocol_version"),
            [.. parameters.CipherSuites],
            [.. parameters.EcdhCurves],
            [.. context.AlpnProtocols],
            certificates,
            names,
            validation,
            validationSecret);
    }

    private static (ValidationContextModel? Validation, string? Secret) Validation(CommonTlsContext context, CompileScope scope)
    {
        switch (context.ValidationContextTypeCase)
        {
            case CommonTlsContext.ValidationContextTypeOneofCase.ValidationContext:
                return (SecretCompiler.Validation(context.ValidationContext, scope.Field("validation_context")), null);
            case CommonTlsContext.ValidationContextTypeOneofCase.ValidationContextSdsSecretConfig:
                return (null, SecretName(context.ValidationContextSdsSecretConfig, scope.Field("validation_context_sds_secret_config")));
            case CommonTlsContext.ValidationContextTypeOneofCase.CombinedValidationContext:
                var combined = context.CombinedValidationContext;
                var at = scope.Field("combined_validation_context");
                return (
                    combined.DefaultValidationContext is null ? null : SecretCompiler.Validation(combined.DefaultValidationContext, at.Field("default_validation_context")),
                    combined.ValidationContextSdsSecretConfig is null ? null : SecretName(combined.ValidationContextSdsSecretConfig, at.Field("validation_context_sds_secret_config")));
            default:
                return (null, null);
        }
    }

    private static string SecretName(SdsSecretConfig config, CompileScope scope)
    {
        if (config.Name.Length == 0)
        {
            scope.Field("name").Error("it is empty.");
        }

        // Without a source the secret is one of the bootstrap's; Istio's agent is named as a gRPC service, and here the proxy is its own agent.
        scope.Refuse(config.SdsConfig?.PathConfigSource is not null, "sds_config", "a secret from a watched file.");
        return config.Name;
    }

    private static TlsVersion Version(TlsParameters.Types.TlsProtocol version, CompileScope scope, string field)
    {
        switch (version)
        {
            case TlsParameters.Types.TlsProtocol.TlsAuto:
                return TlsVersion.Auto;
            case TlsParameters.Types.TlsProtocol.Tlsv12:
                return TlsVersion.Tls12;
            case TlsParameters.Types.TlsProtocol.Tlsv13:
                return TlsVersion.Tls13;
            default:
                scope.Field("tls_params").Refuse(true, field, "TLS 1.0 and 1.1 are broken; use TLSv1_2 or TLSv1_3.");
                return TlsVersion.Auto;
        }
    }

    private sealed record CommonParts(
        TlsVersion MinimumVersion,
        TlsVersion MaximumVersion,
        IReadOnlyList<string> CipherSuites,
        IReadOnlyList<string> Curves,
        IReadOnlyList<string> AlpnProtocols,
        IReadOnlyList<TlsCertificateModel> Certificates,
        IReadOnlyList<string> CertificateSecretNames,
        ValidationContextModel? Validation,
        string? ValidationSecretName);
}
