using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>
/// Builds a head out of a decoded header block: validates it (RFC 9113 section 8) and writes it into a caller's buffer in the form that
/// <see cref="HeaderField"/> describes, so that what is behind the codec need not know which version a message came with. First the values
/// of the pseudo-header fields, then a line for each field, <c>host</c> for <c>:authority</c> first, and the crumbs of a cookie joined in one line
/// (section 8.2.3), then an empty line. Once something is wrong the rest is ignored. Use: make one, decode into it, finish it.
/// </summary>
public ref struct Http2HeadBuilder : IHpackSink
{
    private const int MaxMethodBytes = 64;
    private readonly UnderscorePolicy _underscores;
    private readonly SectionKind _kind;
    private readonly bool _allowProtocol;
    private Http2HeadText _text;
    private Http2PseudoFields _pseudo;
    private Http2HeadError _error;
    private HeadFlags _flags;
    private ByteRange _method;
    private ByteRange _scheme;
    private ByteRange _path;
    private ByteRange _authority;
    private ByteRange _protocol;
    private int _status;
    private int _cookies;
    private long _contentLength;
    private bool _isBehindPseudo;
    private bool _hasHost;

    private Http2HeadBuilder(SectionKind kind, Span<byte> buffer, Span<HeaderField> fields, UnderscorePolicy underscores, bool allowProtocol)
    {
        _kind = kind;
        _text = new Http2HeadText(buffer, fields);
        _underscores = underscores;
        _allowProtocol = allowProtocol;
        _contentLength = -1;
    }

    /// <summary>What is wrong so far.</summary>
    public readonly Http2HeadError Error => _error;

    /// <summary>Bytes of the buffer in use; after finishing, the whole head with its empty line.</summary>
    public readonly int Length => _text.Length;

    /// <summary>For a request.</summary>
    /// <param name="buffer">Where the head is written; at most 65,535 bytes of it are used.</param>
    /// <param name="fields">Storage for the fields; its length bounds their number.</param>
    /// <param name="underscores">What to do with names that contain one.</param>
    /// <param name="allowProtocol">We announced SETTINGS_ENABLE_CONNECT_PROTOCOL, so <c>:protocol</c> is allowed.</param>
    public static Http2HeadBuilder ForRequest(Span<byte> buffer, Span<HeaderField> fields, UnderscorePolicy underscores, bool allowProtocol) =>
        new(SectionKind.Request, buffer, fields, underscores, allowProtocol);

    /// <summary>For a response, interim or final.</summary>
    public static Http2HeadBuilder ForResponse(Span<byte> buffer, Span<HeaderField> fields) => new(SectionKind.Response, buffer, fields, UnderscorePolicy.Allow, false);

    /// <summary>For a trailer section of a request or a response.</summary>
    public static Http2HeadBuilder ForTrailers(Span<byte> buffer, Span<HeaderField> fields, UnderscorePolicy underscores) =>
        new(SectionKind.Trailers, buffer, fields, underscores, false) { _isBehindPseudo = true };

    /// <inheritdoc/>
    public void OnField(scoped in HpackField field)
    {
        if (_error != Http2HeadError.None)
            return;
        bool isPseudo = field.StaticIndex is > 0 and <= HpackStaticTable.LastStatus || field.Name.StartsWith((byte)':');
        _error = isPseudo ? Pseudo(field) : Ordinary(field);
    }

    /// <summary>
    /// Finishes a request. <see cref="RequestHead.Framing"/> is none when the stream has ended, else the announced Content-Length (which may be 0,
    /// with the end of the stream still to come), else chunked, which over HTTP/2 means DATA until END_STREAM. An extended CONNECT has the flag
    /// <see cref="HeadFlags.Upgrade"/> and its <c>:protocol</c> as <see cref="RequestHead.UpgradeToken"/>.
    /// </summary>
    public Http2HeadError FinishRequest(bool endStream, out RequestHead head)
    {
        head = default;
        Settle();
        if (_error == Http2HeadError.None)
            _error = CheckRequest(endStream);
        if (_error != Http2HeadError.None)
            return _error;

        head.Version = WireVersion.Http2;
        head.MethodName = _method;
        head.Method = RequestMethods.Resolve(_method.Of(_text.Buffer));
        head.Authority = _authority;
        head.Scheme = _scheme;
        head.UpgradeToken = _protocol;
        head.Target = _path.IsEmpty ? _authority : _path;
        head.PathAndQuery = head.Path = _path;
        int mark = _path.Of(_text.Buffer).IndexOf((byte)'?');
        if (mark >= 0)
        {
            head.Path = ByteRange.At(_path.Offset, mark);
            head.Query = ByteRange.At(_path.Offset + mark + 1, _path.Length - mark - 1);
        }

        head.Flags = _flags | HeadFlags.KeepAlive | (_protocol.IsEmpty ? HeadFlags.None : HeadFlags.Upgrade);
        head.Framing = Framing(endStream);
        head.ContentLength = Math.Max(0, _contentLength);
        head.FieldCount = (ushort)_text.Count;
        head.FieldsOffset = (ushort)_text.FieldsOffset;
        head.FieldsEnd = (ushort)(_text.Length - 2);
        return Http2HeadError.None;
    }

    /// <summary>Finishes a response to a request of this method; see <see cref="FinishRequest"/> for the framing.</summary>
    public Http2HeadError FinishResponse(RequestMethod requestMethod, bool endStream, out ResponseHead head)
    {
        head = default;
        Settle();
        bool hasContent = _status is >= 200 and not (204 or 304) && requestMethod != RequestMethod.Head
            && !(requestMethod == RequestMethod.Connect && _status < 300);
        if (_error == Http2HeadError.None && _pseudo == Http2PseudoFields.None)
            _error = Http2HeadError.MissingPseudo;
        if (_error == Http2HeadError.None && endStream && _status < 200)
            _error = Http2HeadError.InterimEndsStream;
        // Only to HEAD, in 304 and on the way into a tunnel may a length be announced that does not come.
        if (_error == Http2HeadError.None && _contentLength > 0 && ((endStream && hasContent) || _status is < 200 or 204))
            _error = Http2HeadError.ContentLengthMismatch;
        if (_error != Http2HeadError.None)
            return _error;

        head.Status = (ushort)_status;
        head.Version = WireVersion.Http2;
        head.Flags = _flags | HeadFlags.KeepAlive;
        // A tunnel has no content either, but its DATA runs until the stream ends.
        bool isTunnel = requestMethod == RequestMethod.Connect && _status is >= 200 and < 300;
        head.Framing = isTunnel && !endStream ? BodyFraming.Chunked : hasContent ? Framing(endStream) : BodyFraming.None;
        head.ContentLength = _contentLength;
        head.FieldCount = (ushort)_text.Count;
        head.FieldsOffset = (ushort)_text.FieldsOffset;
        head.FieldsEnd = (ushort)(_text.Length - 2);
        return Http2HeadError.None;
    }

    /// <summary>Finishes a trailer section, whose lines start at the buffer's start.</summary>
    public Http2HeadError FinishTrailers(out int fieldCount, out int fieldsEnd)
    {
        Settle();
        fieldCount = _error == Http2HeadError.None ? _text.Count : 0;
        fieldsEnd = _error == Http2HeadError.None ? _text.Length - 2 : 0;
        return _error;
    }

    private Http2HeadError Pseudo(scoped in HpackField field)
    {
        if (_kind == SectionKind.Trailers)
            return Http2HeadError.UnknownPseudo;
        Http2PseudoFields which = Http2FieldSyntax.Pseudo(field);
        if ((which & (_kind == SectionKind.Request ? Http2PseudoFields.Request : Http2PseudoFields.Status)) == 0)
            return Http2HeadError.UnknownPseudo;
        if (_isBehindPseudo)
            return Http2HeadError.LatePseudo;
        if ((_pseudo & which) != 0)
            return Http2HeadError.DuplicatePseudo;
        _pseudo |= which;
        if (field.Value.IsEmpty)
            return Http2HeadError.MissingPseudo;
        return which switch
        {
            Http2PseudoFields.Method => field.Value.Length <= MaxMethodBytes && HeaderSyntax.IsToken(field.Value) ? _text.Keep(field.Value, out _method) : Http2HeadError.BadMethod,
            Http2PseudoFields.Scheme => field.Value.SequenceEqual("http"u8) || field.Value.SequenceEqual("https"u8) ? _text.Keep(field.Value, out _scheme) : Http2HeadError.BadScheme,
            Http2PseudoFields.Path => HeaderSyntax.IsTarget(field.Value) ? _text.Keep(field.Value, out _path) : Http2HeadError.BadPath,
            Http2PseudoFields.Authority => HostSyntax.IsValid(field.Value) ? _text.Keep(field.Value, out _authority) : Http2HeadError.BadAuthority,
            Http2PseudoFields.Protocol => !_allowProtocol ? Http2HeadError.UnexpectedProtocol : HeaderSyntax.IsToken(field.Value) ? _text.Keep(field.Value, out _protocol) : Http2HeadError.BadValue,
            _ => Status(field.Value),
        };
    }

    private Http2HeadError Status(ReadOnlySpan<byte> value)
    {
        long status = value.Length == 3 ? Http2FieldSyntax.Number(value) : 0;
        _status = (int)status;
        return status is >= 100 and not 101 ? Http2HeadError.None : Http2HeadError.BadStatus;
    }

    private Http2HeadError Ordinary(scoped in HpackField field)
    {
        Http2HeadError error = field.StaticIndex != 0 ? Http2HeadError.None : Http2FieldSyntax.CheckName(field.Name);
        if (error != Http2HeadError.None)
            return error;
        if (!Http2FieldSyntax.IsValue(field.Value))
            return Http2HeadError.BadValue;
        error = EndPseudo();
        if (error != Http2HeadError.None)
            return error;
        HeaderFieldFlags flags = field.IsSensitive ? HeaderFieldFlags.NeverIndexed : HeaderFieldFlags.None;
        if (_underscores != UnderscorePolicy.Allow && field.Name.Contains((byte)'_'))
        {
            if (_underscores == UnderscorePolicy.Reject)
                return Http2HeadError.UnderscoreInName;
            flags |= HeaderFieldFlags.Dropped;
        }

        KnownHeader known = Http2FieldSyntax.Known(field);
        if (known is > KnownHeader.None and <= KnownHeader.Http2Settings)
        {
            error = Note(known, field.Value, ref flags, out bool isDone);
            if (error != Http2HeadError.None || isDone)
                return error;
        }
        else if (known == KnownHeader.Cookie)
        {
            _cookies++;
        }

        if ((flags & HeaderFieldFlags.NotForwarded) != 0)
            _flags |= HeadFlags.HasFieldsToRemove;
        return _text.Line(known, field.Name, field.Value, flags);
    }

    /// <summary>Fields that frame the message or concern a connection.</summary>
    private Http2HeadError Note(KnownHeader known, ReadOnlySpan<byte> value, ref HeaderFieldFlags flags, out bool isDone)
    {
        isDone = false;
        switch (known)
        {
            case KnownHeader.Connection or KnownHeader.KeepAlive or KnownHeader.ProxyConnection or KnownHeader.TransferEncoding or KnownHeader.Upgrade:
                return Http2HeadError.ConnectionField;
            case KnownHeader.Te:
                flags |= HeaderFieldFlags.HopByHop;
                _flags |= HeadFlags.AcceptsTrailers;
                return Ascii.EqualsIgnoreCase(value, "trailers"u8) ? Http2HeadError.None : Http2HeadError.BadTe;
            case KnownHeader.Http2Settings:
                flags |= HeaderFieldFlags.HopByHop;
                return Http2HeadError.None;
            case KnownHeader.Trailer:
                _flags |= HeadFlags.TrailersAnnounced;
                return Http2HeadError.None;
            case KnownHeader.Host when _kind == SectionKind.Request:
                isDone = _hasHost || !_authority.IsEmpty;
                return Host(value);
            case KnownHeader.ContentLength when _kind != SectionKind.Trailers:
                if (_contentLength >= 0)
                    return Http2HeadError.BadContentLength;
                _contentLength = Http2FieldSyntax.Number(value);
                return _contentLength >= 0 ? Http2HeadError.None : Http2HeadError.BadContentLength;
            case KnownHeader.Expect when _kind == SectionKind.Request:
                _flags |= HeadFlags.ExpectsContinue;
                return Ascii.EqualsIgnoreCase(value, "100-continue"u8) ? Http2HeadError.None : Http2HeadError.UnsupportedExpectation;
            default:
                return Http2HeadError.None;
        }
    }

    /// <summary>Host stands in for a missing <c>:authority</c>; beside one it must say the same, and the line that stands for that one is enough.</summary>
    private Http2HeadError Host(ReadOnlySpan<byte> value)
    {
        if (_hasHost)
            return Http2HeadError.ConflictingHost;
        _hasHost = true;
        if (!_authority.IsEmpty)
            return Ascii.EqualsIgnoreCase(value, _authority.Of(_text.Buffer)) ? Http2HeadError.None : Http2HeadError.ConflictingHost;
        if (!HostSyntax.IsValid(value))
            return Http2HeadError.BadAuthority;
        _authority = ByteRange.At(_text.NextHostOffset, value.Length);
        return Http2HeadError.None;
    }

    /// <summary>Before the first ordinary field, or at the end when there is none: the line for <c>:authority</c>.</summary>
    private Http2HeadError EndPseudo()
    {
        if (_isBehindPseudo)
            return Http2HeadError.None;
        _isBehindPseudo = true;
        _text.FieldsOffset = _text.Length;
        if (_authority.IsEmpty)
            return Http2HeadError.None;
        ByteRange from = _authority;
        _authority = ByteRange.At(_text.NextHostOffset, from.Length);
        return _text.Line(KnownHeader.Host, "host"u8, from.Of(_text.Buffer), HeaderFieldFlags.None);
    }

    private void Settle()
    {
        if (_error == Http2HeadError.None)
            _error = EndPseudo();
        if (_error == Http2HeadError.None && _cookies > 1)
        {
            _error = _text.JoinCookies();
            if ((_pseudo & Http2PseudoFields.Authority) == 0)
                FollowHost();
        }

        if (_error == Http2HeadError.None)
            _error = _text.Keep("\r\n"u8, out _);
    }

    /// <summary>Joining cookies moves the lines behind the first one, among them perhaps the one that the authority is in.</summary>
    private void FollowHost()
    {
        foreach (ref readonly HeaderField field in _text.Fields[.._text.Count])
        {
            if (field.Known == KnownHeader.Host)
                _authority = ByteRange.At(field.ValueOffset, field.ValueLength);
        }
    }

    private readonly Http2HeadError CheckRequest(bool endStream)
    {
        if (_method.IsEmpty || _authority.IsEmpty)
            return Http2HeadError.MissingPseudo;
        bool isConnect = _method.Of(_text.Buffer).SequenceEqual("CONNECT"u8);
        if (!isConnect && !_protocol.IsEmpty)
            return Http2HeadError.UnexpectedProtocol;
        if (isConnect && _protocol.IsEmpty)
        {
            if (!_path.IsEmpty || !_scheme.IsEmpty || (_pseudo & Http2PseudoFields.Authority) == 0)
                return Http2HeadError.BadConnect;
            return HostSyntax.HasPort(_authority.Of(_text.Buffer)) ? Http2HeadError.None : Http2HeadError.BadAuthority;
        }

        if (_path.IsEmpty || _scheme.IsEmpty)
            return Http2HeadError.MissingPseudo;
        ReadOnlySpan<byte> path = _path.Of(_text.Buffer);
        if (path[0] != '/' && !(path is [(byte)'*'] && _method.Of(_text.Buffer).SequenceEqual("OPTIONS"u8)))
            return Http2HeadError.BadPath;
        return endStream && _contentLength > 0 ? Http2HeadError.ContentLengthMismatch : Http2HeadError.None;
    }

    private readonly BodyFraming Framing(bool endStream) => endStream ? BodyFraming.None : _contentLength >= 0 ? BodyFraming.ContentLength : BodyFraming.Chunked;
}
