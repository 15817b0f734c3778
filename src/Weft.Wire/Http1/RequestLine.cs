using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>Parses a request line strictly: single spaces, a token, a target without controls, and a version (RFC 9112 section 3).</summary>
internal static class RequestLine
{
    /// <summary>The longest method that is taken.</summary>
    public const int MaxMethodBytes = 64;

    /// <summary>Sees a first line that cannot become a request (garbage, TLS, a method without end) before its head is complete.</summary>
    public static WireError CheckStart(ReadOnlySpan<byte> start)
    {
        ReadOnlySpan<byte> window = start.Length > MaxMethodBytes + 1 ? start[..(MaxMethodBytes + 1)] : start;
        int length = window.IndexOfAnyExcept(WireBytes.Token);
        if (length < 0)
            return window.Length > MaxMethodBytes ? WireError.BadMethod : WireError.None;
        return length > 0 && window[length] == ' ' ? WireError.None : WireError.BadMethod;
    }

    /// <summary>Parses the line at <paramref name="offset"/>, which must be complete with its CR LF in <paramref name="buffer"/>.</summary>
    public static WireError Parse(ReadOnlySpan<byte> buffer, int offset, in Http1Limits limits, ref RequestHead head, out int next)
    {
        next = 0;
        ReadOnlySpan<byte> line = buffer[offset..];
        int methodLength = line.IndexOfAnyExcept(WireBytes.Token);
        if (methodLength is <= 0 or > MaxMethodBytes || line[methodLength] != ' ')
            return WireError.BadMethod;
        int target = methodLength + 1;
        int targetLength = line[target..].IndexOfAny(WireBytes.TargetStops);
        if (targetLength <= 0)
            return WireError.BadRequestLine;
        int stop = target + targetLength;
        if (line[stop] != ' ')
            return line[stop] is (byte)'\r' or (byte)'\n' ? WireError.BadRequestLine : WireError.BadTarget;

        head.MethodName = ByteRange.At(offset, methodLength);
        head.Method = RequestMethods.Resolve(line[..methodLength]);
        head.Target = ByteRange.At(offset + target, targetLength);
        WireError error = Version(line[(stop + 1)..], limits.AcceptHttp10, out head.Version);
        next = offset + stop + 1 + 10;
        return error != WireError.None ? error : Target(buffer, ref head);
    }

    private static WireError Version(ReadOnlySpan<byte> rest, bool acceptHttp10, out WireVersion version)
    {
        version = WireVersion.Http11;
        if (rest.StartsWith("HTTP/1.1\r\n"u8))
            return WireError.None;
        version = WireVersion.Http10;
        if (rest.StartsWith("HTTP/1.0\r\n"u8))
            return acceptHttp10 ? WireError.None : WireError.Http10NotAccepted;
        bool wellFormed = rest.Length >= 10 && rest.StartsWith("HTTP/"u8) && char.IsAsciiDigit((char)rest[5]) && rest[6] == '.'
            && char.IsAsciiDigit((char)rest[7]) && rest[8] == '\r' && rest[9] == '\n';
        return wellFormed ? WireError.UnsupportedVersion : WireError.BadVersion;
    }

    private static WireError Target(ReadOnlySpan<byte> buffer, ref RequestHead head)
    {
        ReadOnlySpan<byte> target = head.Target.Of(buffer);
        if (head.Method == RequestMethod.Connect)
        {
            head.Authority = head.Target;
            return HostSyntax.IsValid(target) && HostSyntax.HasPort(target) ? WireError.None : WireError.BadTarget;
        }

        if (target[0] == '/')
        {
            SplitPath(buffer, head.Target.Offset, head.Target.End, ref head);
            return WireError.None;
        }

        if (target is [(byte)'*'] && head.Method == RequestMethod.Options)
        {
            head.PathAndQuery = head.Path = head.Target;
            return WireError.None;
        }

        return AbsoluteForm(buffer, ref head);
    }

    private static WireError AbsoluteForm(ReadOnlySpan<byte> buffer, ref RequestHead head)
    {
        ReadOnlySpan<byte> target = head.Target.Of(buffer);
        int schemeLength = Ascii.EqualsIgnoreCase(target[..Math.Min(7, target.Length)], "http://"u8) ? 4
            : Ascii.EqualsIgnoreCase(target[..Math.Min(8, target.Length)], "https://"u8) ? 5 : 0;
        if (schemeLength == 0)
            return WireError.BadTarget;
        int authority = schemeLength + 3;
        int authorityLength = target[authority..].IndexOfAny((byte)'/', (byte)'?');
        if (authorityLength < 0)
            authorityLength = target.Length - authority;
        if (!HostSyntax.IsValid(target.Slice(authority, authorityLength)))
            return WireError.BadTarget;
        head.Scheme = ByteRange.At(head.Target.Offset, schemeLength);
        head.Authority = ByteRange.At(head.Target.Offset + authority, authorityLength);
        head.Flags |= HeadFlags.AbsoluteForm;
        SplitPath(buffer, head.Authority.End, head.Target.End, ref head);
        return WireError.None;
    }

    private static void SplitPath(ReadOnlySpan<byte> buffer, int start, int end, ref RequestHead head)
    {
        head.PathAndQuery = head.Path = ByteRange.At(start, end - start);
        int mark = buffer[start..end].IndexOf((byte)'?');
        if (mark < 0)
            return;
        head.Path = ByteRange.At(start, mark);
        head.Query = ByteRange.At(start + mark + 1, end - start - mark - 1);
    }
}
