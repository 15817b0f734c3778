using System.Buffers.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Grpc;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Step 2: what the connection manager does to a request's head before anybody else sees it.</summary>
internal sealed partial class HttpExchange
{
    private NetworkAddress _client;
    private byte[] _path = [];
    private int _pathLength;

    /// <summary>The path with its query as it goes upstream.</summary>
    public ReadOnlySpan<byte> UpstreamPath
    {
        get
        {
            if (_pathLength > 0) return _path.AsSpan(0, _pathLength);
            ReadOnlySpan<byte> path = _request.PathAndQuery.Of(HeadBytes);
            return path.IsEmpty ? "/"u8 : path;
        }
    }

    /// <summary>Headers that only a proxy of the mesh may set; from a client they are dropped (no address counts as internal, as in Envoy since 1.33).</summary>
    private static bool IsInternal(KnownHeader header) => header is
        KnownHeader.XEnvoyDecoratorOperation or KnownHeader.XEnvoyDownstreamServiceCluster or KnownHeader.XEnvoyDownstreamServiceNode
        or KnownHeader.XEnvoyExpectedRqTimeoutMs or KnownHeader.XEnvoyForceTrace or KnownHeader.XEnvoyHedgeOnPerTryTimeout
        or KnownHeader.XEnvoyInternal or KnownHeader.XEnvoyIpTags or KnownHeader.XEnvoyIsTimeoutRetry or KnownHeader.XEnvoyMaxRetries
        or KnownHeader.XEnvoyOriginalPath or KnownHeader.XEnvoyOriginalHost or KnownHeader.XEnvoyOriginalMethod
        or KnownHeader.XEnvoyRetriableHeaderNames or KnownHeader.XEnvoyRetriableStatusCodes or KnownHeader.XEnvoyRetryGrpcOn
        or KnownHeader.XEnvoyRetryOn or KnownHeader.XEnvoyUpstreamAltStatName or KnownHeader.XEnvoyUpstreamRqPerTryTimeoutMs
        or KnownHeader.XEnvoyUpstreamRqTimeoutAltResponse or KnownHeader.XEnvoyUpstreamRqTimeoutMs;

    /// <summary>False when the request was answered here.</summary>
    private bool Sanitise()
    {
        HttpConnectionManagerModel model = _http.Model;
        Span<HeaderField> fields = Fields;
        int host = -1, forwardedFor = -1, forwardedProto = -1, requestId = -1;
        bool clientCert = false;
        for (int i = 0; i < fields.Length; i++)
        {
            ref HeaderField field = ref fields[i];
            if ((field.Flags & HeaderFieldFlags.NotForwarded) != 0) _requestEdits.Remove(i);
            switch (field.Known)
            {
                case KnownHeader.None:
                    continue;
                case KnownHeader.Host:
                    host = i;
                    break;
                case KnownHeader.XForwardedFor:
                    forwardedFor = i;
                    break;
                case KnownHeader.XForwardedProto:
                    forwardedProto = i;
                    break;
                case KnownHeader.XRequestId:
                    requestId = i;
                    break;
                case KnownHeader.XForwardedClientCert:
                    clientCert = true;
                    break;
                case KnownHeader.ContentType:
                    _isGrpc = GrpcMediaType.IsGrpc(field.Value(HeadBytes), out _);
                    break;
                case KnownHeader.XEnvoyExternalAddress when model.UseRemoteAddress:
                case KnownHeader.Expect:
                    _requestEdits.Remove(i);
                    break;
                default:
                    if (IsInternal(field.Known)) _requestEdits.Remove(i);
                    break;
            }
        }

        if (_request.Has(HeadFlags.AbsoluteForm) || AsksForTunnel || _request.Authority.IsEmpty || model.StripPort != StripPortMode.Keep || model.StripTrailingHostDot) SettleHost(host);
        SettleForwarded(model, fields, forwardedFor, forwardedProto);
        SettleRequestId(model, fields, requestId);
        SettleClientCert(model, fields, clientCert);
        if (_http.Via.Length > 0) _requestEdits.Append(KnownHeader.Via, _http.Via);
        if (_request.Has(HeadFlags.ExpectsContinue) && !Is(Progress.RequestEnded)) _downstream!.SendInterim(100, default);
        return SettlePath(model) && SettleUpgrade();
    }

    /// <summary>An absolute-form target names the host that counts (RFC 9112 3.2.2), and a CONNECT's target does, whose port tells where it leads and stays.</summary>
    private void SettleHost(int host)
    {
        ReadOnlySpan<byte> authority = _request.Authority.Of(HeadBytes);
        if (authority.IsEmpty) authority = _http.DefaultHost;
        ReadOnlySpan<byte> settled = authority;
        if (_http.Model.StripPort != StripPortMode.Keep && !AsksForTunnel && settled.LastIndexOf((byte)':') is var colon and > 0
            && !settled[colon..].Contains((byte)']')
            && (_http.Model.StripPort == StripPortMode.StripAny
                || (Utf8Parser.TryParse(settled[(colon + 1)..], out int port, out _) && port == _http.Listener.Address.Port)))
            settled = settled[..colon];
        if (_http.Model.StripTrailingHostDot && settled is [.., (byte)'.']) settled = settled[..^1];
        if (host >= 0 && !_request.Has(HeadFlags.AbsoluteForm) && (!AsksForTunnel || Fields[host].Value(HeadBytes).SequenceEqual(settled)) && settled.Length == authority.Length) return;
        if (host >= 0) _requestEdits.Remove(host);
        _requestEdits.Append(KnownHeader.Host, settled);
    }

    private void SettleForwarded(HttpConnectionManagerModel model, ReadOnlySpan<HeaderField> fields, int forwardedFor, int forwardedProto)
    {
        ReadOnlySpan<byte> scheme = _facts.Certificate is not null || _facts.IsTlsEnded ? "https"u8 : "http"u8;
        if (!model.UseRemoteAddress)
        {
            if (forwardedFor >= 0) BelieveForwarded(fields, model.XffTrustedHops);
            if (forwardedProto < 0) _requestEdits.Append(KnownHeader.XForwardedProto, scheme);
            return;
        }

        if (forwardedFor >= 0 && model.XffTrustedHops > 0) BelieveForwarded(fields, model.XffTrustedHops - 1);
        Span<byte> address = stackalloc byte[54];
        _requestEdits.Append(KnownHeader.XEnvoyExternalAddress, address[.._client.FormatIp(address)]);
        if (!model.SkipXffAppend)
        {
            address = address[.._facts.Peer.FormatIp(address)];
            if (forwardedFor < 0)
            {
                _requestEdits.Append(KnownHeader.XForwardedFor, address);
            }
            else
            {
                ReadOnlySpan<byte> given = fields[forwardedFor].Value(HeadBytes);
                _requestEdits.Remove(forwardedFor);
                _requestEdits.AppendList(KnownHeader.XForwardedFor, given, address);
            }
        }

        if (forwardedProto >= 0)
        {
            if (model.XffTrustedHops > 0) return;
            _requestEdits.Remove(KnownHeader.XForwardedProto, fields);
        }

        _requestEdits.Append(KnownHeader.XForwardedProto, scheme);
    }

    /// <summary>Takes the client's address from X-Forwarded-For, when the trusted proxies in front put one there.</summary>
    private void BelieveForwarded(ReadOnlySpan<HeaderField> fields, int trustedEntries)
    {
        NetworkAddress forwarded = ForwardedFor.FromRight(HeadBytes, fields, trustedEntries);
        if (!forwarded.IsNone) _client = forwarded;
    }

    private void SettleRequestId(HttpConnectionManagerModel model, ReadOnlySpan<HeaderField> fields, int requestId)
    {
        if (!model.GenerateRequestId) return;
        if (requestId >= 0)
        {
            if (!model.UseRemoteAddress || model.PreserveExternalRequestId) return;
            _requestEdits.Remove(KnownHeader.XRequestId, fields);
        }

        Span<byte> id = stackalloc byte[36];
        RequestIds.Write(_worker.Random, id);
        _requestEdits.Append(KnownHeader.XRequestId, id);
    }

    /// <summary>X-Forwarded-Client-Cert (Envoy's forward_client_cert_details).</summary>
    private void SettleClientCert(HttpConnectionManagerModel model, ReadOnlySpan<HeaderField> fields, bool present)
    {
        bool keep = model.ForwardClientCert switch
        {
            ForwardClientCertMode.AlwaysForwardOnly => true,
            ForwardClientCertMode.ForwardOnly or ForwardClientCertMode.AppendForward => _facts.Certificate is not null,
            _ => false,
        };
        if (present && !keep) _requestEdits.Remove(KnownHeader.XForwardedClientCert, fields);
        if (_facts.Certificate is not { } peer || model.ForwardClientCert is not (ForwardClientCertMode.AppendForward or ForwardClientCertMode.SanitizeSet)) return;
        byte[] element = _facts.ClientCertElement ??= ClientCertHeader.Make(peer, _facts.ClientChainPem, model.ClientCertDetails, _facts.Tls?.LocalUriSan ?? "");
        if (keep && present && RequestView.TryGet(KnownHeader.XForwardedClientCert, out ReadOnlySpan<byte> given))
        {
            _requestEdits.Remove(KnownHeader.XForwardedClientCert, fields);
            _requestEdits.Append(KnownHeader.XForwardedClientCert, [.. given, (byte)',', .. element]);
            return;
        }

        _requestEdits.Append(KnownHeader.XForwardedClientCert, element);
    }

    private bool SettlePath(HttpConnectionManagerModel model)
    {
        if (!model.NormalizePath && !model.MergeSlashes && model.EscapedSlashes == EscapedSlashesAction.KeepUnchanged) return true;
        ReadOnlySpan<byte> path = _request.Path.Of(HeadBytes);
        if (!PathNormalizer.NeedsWork(path, model.MergeSlashes)) return true;
        ReadOnlySpan<byte> whole = _request.PathAndQuery.Of(HeadBytes);
        if (_path.Length < whole.Length) _path = new byte[Math.Max(whole.Length, 256)];
        PathVerdict verdict = PathNormalizer.Normalize(path, _path, model, out int length);
        switch (verdict)
        {
            case PathVerdict.Reject:
                Reply(400, "The request's path is not allowed here."u8, ReplyDetails.PathNormalization, ResponseFlags.None);
                return false;
            case PathVerdict.Redirect:
                whole[path.Length..].CopyTo(_path.AsSpan(length));
                _responseEdits.Append(KnownHeader.Location, _path.AsSpan(0, length + whole.Length - path.Length));
                Reply(307, default, ReplyDetails.PathNormalization, ResponseFlags.None);
                return false;
            default:
                whole[path.Length..].CopyTo(_path.AsSpan(length));
                _pathLength = length + whole.Length - path.Length;
                return true;
        }
    }

    private bool SettleUpgrade()
    {
        if (AsksForTunnel) return SettleConnect();
        if (!_request.Has(HeadFlags.Upgrade)) return true;
        if (!_http.AllowsUpgrade(_request.UpgradeToken.Of(HeadBytes)))
        {
            // h2c is an offer that may be declined; anything else the client cannot do without (RFC 9110 7.8 lets us ignore both). An extended CONNECT is no offer.
            if (_request.Method != RequestMethod.Connect && System.Text.Ascii.EqualsIgnoreCase(_request.UpgradeToken.Of(HeadBytes), "h2c"u8)) return true;
            Count(HttpStat.DownstreamRqWsOnNonWsRoute);
            Reply(403, default, ReplyDetails.UpgradeFailed, ResponseFlags.None);
            return false;
        }

        _progress |= Progress.Upgrade;
        return true;
    }
}
