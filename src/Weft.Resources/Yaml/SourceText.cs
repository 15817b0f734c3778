using System.Text;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Yaml;

/// <summary>Turns the bytes of a file into text, or says where they stop being text.</summary>
internal static class SourceText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text without a byte order mark, or null after reporting why there is none.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, DiagnosticSink sink)
    {
        if (bytes.Length > ReadLimits.FileBytes)
        {
            ReportTooLarge(sink);
            return null;
        }
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            sink.Report(ReadingDiagnostics.NotText, new SourcePosition(1, 1), "The file is UTF-16, not UTF-8.", "Save it as UTF-8.");
            return null;
        }
        if (bytes is [0xEF, 0xBB, 0xBF, ..])
            bytes = bytes[3..];

        int control = bytes.IndexOfAnyInRange((byte)0, (byte)8);
        if (control >= 0)
        {
            ReportNotText(sink, bytes, control, $"a control character (0x{bytes[control]:X2})");
            return null;
        }
        int valid = ValidPrefix(bytes);
        if (valid < bytes.Length)
        {
            ReportNotText(sink, bytes, valid, $"a byte (0x{bytes[valid]:X2}) that is not UTF-8");
            return null;
        }
        return Strict.GetString(bytes);
    }

    public static void ReportTooLarge(DiagnosticSink sink) => sink.Report(
        ReadingDiagnostics.FileTooLarge, null, $"The file is larger than {ReadLimits.FileBytes / (1024 * 1024)} MiB and was not read.",
        "Split it into several files; configuration of this size is usually something else by mistake.");

    private static int ValidPrefix(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out int consumed) != System.Buffers.OperationStatus.Done)
                return at;
            at += consumed;
        }
        return at;
    }

    private static void ReportNotText(DiagnosticSink sink, ReadOnlySpan<byte> bytes, int offset, string what)
    {
        ReadOnlySpan<byte> before = bytes[..offset];
        int line = before.Count((byte)'\n') + 1;
        int column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        sink.Report(
            ReadingDiagnostics.NotText, new SourcePosition(line, column), $"The file holds {what}: it is not a text file.",
            "Configuration is YAML or JSON in UTF-8. Move other files out of the directory.");
    }
}
