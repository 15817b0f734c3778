using Weft.Wire.Http;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>A header that a format names: a pseudo-header such as <c>:path</c>, or a field.</summary>
internal sealed class LogHeader
{
    private LogHeader(string pseudo, HeaderName? name)
    {
        Pseudo = pseudo;
        Name = name;
    }

    /// <summary>In lower case with its colon; empty for a field.</summary>
    public string Pseudo { get; }

    /// <summary>Null for a pseudo-header.</summary>
    public HeaderName? Name { get; }

    /// <summary>Which header it is among those the proxy knows.</summary>
    public KnownHeader Known => Name?.Known ?? KnownHeader.None;

    /// <param name="text">For example <c>X-REQUEST-ID</c> or <c>:PATH</c>.</param>
    /// <exception cref="FormatException">It is no header's name.</exception>
    public static LogHeader Create(string text)
    {
        if (text.ToLowerInvariant() is ":method" or ":path" or ":authority" or ":scheme" or ":status")
            return new LogHeader(text.ToLowerInvariant(), null);
        return HeaderName.TryCreate(text, out HeaderName? name)
            ? new LogHeader("", name)
            : throw new FormatException($"The log format asks for the header '{text}', which is no header's name.");
    }
}
