using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Weft.Policy.Routes;
using Weft.Wire.Http;

namespace Weft.Policy.Formatting;

/// <summary>
/// A header value with <c>%COMMANDS%</c>, compiled once (Envoy's substitution format, the part that header values use). Writing allocates nothing.
/// Immutable; any thread.
/// </summary>
public sealed class HeaderFormat
{
    private readonly Part[] _parts;

    private HeaderFormat(Part[] parts) => _parts = parts;

    /// <summary>True when the value has no command, so that no input is needed.</summary>
    public bool IsConstant => _parts.All(part => part.Command == FormatCommand.Literal);

    /// <summary>Compiles a value, or says in a sentence which command is not supported.</summary>
    public static bool TryCompile(string value, [NotNullWhen(true)] out HeaderFormat? format, [NotNullWhen(false)] out string? error)
    {
        format = null;
        List<Part> parts = [];
        StringBuilder literal = new();
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != '%')
            {
                literal.Append(value[i]);
                continue;
            }

            if (i + 1 < value.Length && value[i + 1] == '%')
            {
                literal.Append('%');
                i++;
                continue;
            }

            int end = value.IndexOf('%', i + 1);
            if (end < 0)
            {
                error = $"In '{value}' the % at character {i + 1} is not closed; write %% for the sign itself.";
                return false;
            }

            if (!TryCommand(value[(i + 1)..end], out Part command, out error))
                return false;
            AddLiteral(parts, literal);
            parts.Add(command);
            i = end;
        }

        AddLiteral(parts, literal);
        if (parts.Exists(part => part.Literal is not null && !HeaderSyntax.IsValue(part.Literal)))
        {
            error = $"The value '{value}' holds a control character.";
            return false;
        }

        format = new HeaderFormat([.. parts]);
        error = null;
        return true;
    }

    /// <summary>Writes the value; false when it does not fit.</summary>
    public bool TryWrite(scoped in FormatInput input, Span<byte> destination, out int written)
    {
        written = 0;
        foreach (Part part in _parts)
        {
            if (!TryWrite(part, input, destination[written..], out int length))
                return false;
            written += length;
        }

        return true;
    }

    private static void AddLiteral(List<Part> parts, StringBuilder literal)
    {
        if (literal.Length > 0)
            parts.Add(new Part(FormatCommand.Literal, Encoding.UTF8.GetBytes(literal.ToString()), null, null, int.MaxValue));
        literal.Clear();
    }

    private static bool TryCommand(string text, out Part part, [NotNullWhen(false)] out string? error)
    {
        part = default;
        error = $"The command %{text}% is not supported in header values.";
        int maxLength = int.MaxValue;
        int close = text.LastIndexOf(')');
        int colon = text.IndexOf(':', close + 1);
        if (colon >= 0)
        {
            if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out maxLength))
                return false;
            text = text[..colon];
        }

        int open = text.IndexOf('(');
        string name = open < 0 ? text : text[..open];
        string? argument = open < 0 || !text.EndsWith(')') ? null : text[(open + 1)..^1];
        FormatCommand command = Command(name);
        if (command == FormatCommand.Literal || (open >= 0 && argument is null))
            return false;
        if (command is not (FormatCommand.Request or FormatCommand.Response))
        {
            // START_TIME takes a format in Envoy; only its default form is written here.
            part = new Part(command, null, null, null, maxLength);
            return argument is null;
        }

        string[] names = (argument ?? "").Split('?');
        if (names.Length > 2 || !TrySource(names[0], command, out HeaderSource? first))
            return false;
        HeaderSource? second = null;
        if (names.Length == 2 && !TrySource(names[1], command, out second))
            return false;
        part = new Part(command, null, first, second, maxLength);
        return true;
    }

    private static bool TrySource(string name, FormatCommand command, [NotNullWhen(true)] out HeaderSource? source)
    {
        source = null;
        char pseudo = name switch { ":path" => 'p', ":authority" => 'a', ":method" => 'm', ":scheme" => 's', _ => ' ' };
        if (pseudo != ' ')
        {
            source = new HeaderSource(pseudo, null);
            return command == FormatCommand.Request;
        }

        if (!HeaderName.TryCreate(name, out HeaderName? header))
            return false;
        source = new HeaderSource(' ', header);
        return true;
    }

    private static FormatCommand Command(string name) => name switch
    {
        "REQ" => FormatCommand.Request,
        "RESP" => FormatCommand.Response,
        "DOWNSTREAM_REMOTE_ADDRESS" => FormatCommand.DownstreamRemoteAddress,
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => FormatCommand.DownstreamRemoteAddressWithoutPort,
        "DOWNSTREAM_REMOTE_PORT" => FormatCommand.DownstreamRemotePort,
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS" => FormatCommand.DownstreamDirectRemoteAddress,
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" => FormatCommand.DownstreamDirectRemoteAddressWithoutPort,
        "DOWNSTREAM_LOCAL_ADDRESS" => FormatCommand.DownstreamLocalAddress,
        "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" => FormatCommand.DownstreamLocalAddressWithoutPort,
        "DOWNSTREAM_LOCAL_PORT" => FormatCommand.DownstreamLocalPort,
        "DOWNSTREAM_PEER_URI_SAN" => FormatCommand.DownstreamPeerUriSan,
        "DOWNSTREAM_TLS_VERSION" => FormatCommand.DownstreamTlsVersion,
        "REQUESTED_SERVER_NAME" => FormatCommand.RequestedServerName,
        "UPSTREAM_HOST" or "UPSTREAM_REMOTE_ADDRESS" => FormatCommand.UpstreamHost,
        "UPSTREAM_CLUSTER" => FormatCommand.UpstreamCluster,
        "ROUTE_NAME" => FormatCommand.RouteName,
        "PROTOCOL" => FormatCommand.Protocol,
        "START_TIME" => FormatCommand.StartTime,
        "HOSTNAME" => FormatCommand.Hostname,
        "RESPONSE_CODE" => FormatCommand.ResponseCode,
        "RESPONSE_FLAGS" => FormatCommand.ResponseFlags,
        "RESPONSE_CODE_DETAILS" => FormatCommand.ResponseCodeDetails,
        _ => FormatCommand.Literal,
    };

    private static bool TryWrite(in Part part, scoped in FormatInput input, Span<byte> destination, out int written)
    {
        switch (part.Command)
        {
            case FormatCommand.ResponseCode:
                written = 0;
                return input.ResponseCode == 0 || Utf8Formatter.TryFormat(input.ResponseCode, destination, out written);
            case FormatCommand.StartTime:
                return input.StartTime.ToUniversalTime().TryFormat(destination, out written, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            default:
                ReadOnlySpan<byte> value = Value(part, input);
                if (value.Length > part.MaxLength)
                    value = value[..part.MaxLength];
                written = value.Length;
                return value.TryCopyTo(destination);
        }
    }

    private static ReadOnlySpan<byte> Value(in Part part, scoped in FormatInput input) => part.Command switch
    {
        FormatCommand.Literal => part.Literal,
        FormatCommand.Request => part.First!.TryRead(input.Request, out ReadOnlySpan<byte> value) || (part.Second is not null && part.Second.TryRead(input.Request, out value)) ? value : default,
        FormatCommand.Response => part.First!.TryRead(input.Response, out ReadOnlySpan<byte> value) || (part.Second is not null && part.Second.TryRead(input.Response, out value)) ? value : default,
        FormatCommand.DownstreamRemoteAddress => input.DownstreamRemoteAddress,
        FormatCommand.DownstreamRemoteAddressWithoutPort => WithoutPort(input.DownstreamRemoteAddress),
        FormatCommand.DownstreamRemotePort => Port(input.DownstreamRemoteAddress),
        FormatCommand.DownstreamDirectRemoteAddress => input.DownstreamDirectRemoteAddress,
        FormatCommand.DownstreamDirectRemoteAddressWithoutPort => WithoutPort(input.DownstreamDirectRemoteAddress),
        FormatCommand.DownstreamLocalAddress => input.DownstreamLocalAddress,
        FormatCommand.DownstreamLocalAddressWithoutPort => WithoutPort(input.DownstreamLocalAddress),
        FormatCommand.DownstreamLocalPort => Port(input.DownstreamLocalAddress),
        FormatCommand.DownstreamPeerUriSan => input.DownstreamPeerUriSan,
        FormatCommand.DownstreamTlsVersion => input.DownstreamTlsVersion,
        FormatCommand.RequestedServerName => input.RequestedServerName,
        FormatCommand.UpstreamHost => input.UpstreamHost,
        FormatCommand.UpstreamCluster => input.UpstreamCluster,
        FormatCommand.RouteName => input.RouteName,
        FormatCommand.Hostname => input.Hostname,
        FormatCommand.ResponseFlags => input.ResponseFlags,
        FormatCommand.ResponseCodeDetails => input.ResponseCodeDetails,
        FormatCommand.Protocol => input.Request.Version switch { WireVersion.Http10 => "HTTP/1.0"u8, WireVersion.Http2 => "HTTP/2"u8, _ => "HTTP/1.1"u8 },
        _ => default,
    };

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> address)
    {
        int colon = address.LastIndexOf((byte)':');
        ReadOnlySpan<byte> host = colon < 0 ? address : address[..colon];
        return host is [(byte)'[', .., (byte)']'] ? host[1..^1] : host;
    }

    private static ReadOnlySpan<byte> Port(ReadOnlySpan<byte> address) => address[(address.LastIndexOf((byte)':') + 1)..];

    private readonly record struct Part(FormatCommand Command, byte[]? Literal, HeaderSource? First, HeaderSource? Second, int MaxLength);

    private sealed record HeaderSource(char Pseudo, HeaderName? Name)
    {
        public bool TryRead(scoped in RequestView request, out ReadOnlySpan<byte> value)
        {
            value = Pseudo switch
            {
                'p' => ValueScratch.PathAndQuery(request),
                'a' => request.Authority,
                'm' => request.MethodName,
                's' => request.Scheme,
                _ => default,
            };
            return Pseudo == ' ' ? request.Headers.TryGet(Name!, out value) : !value.IsEmpty;
        }

        public bool TryRead(HeadView headers, out ReadOnlySpan<byte> value) => headers.TryGet(Name!, out value);
    }
}
