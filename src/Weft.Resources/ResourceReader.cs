using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;
using Weft.Resources.Yaml;

namespace Weft.Resources;

/// <summary>
/// Reads configuration files: YAML or JSON, several documents, lists. Every object is decoded and checked by itself; what
/// is wrong with one hides nothing about the others. Never throws on input, whatever the bytes are. Safe on any thread.
/// </summary>
public static class ResourceReader
{
    /// <summary>Reads a file's bytes. <paramref name="file"/> is repeated in findings as it is given.</summary>
    public static ReadResult Read(ReadOnlySpan<byte> bytes, string? file)
    {
        DiagnosticSink sink = new(file);
        List<ResourceObject> objects = [];
        if (SourceText.Decode(bytes, sink) is { } text)
        {
            ObjectReader reader = new(sink);
            foreach (YamlDocument document in YamlReader.Read(text, sink))
            {
                reader.ReadDocument(document, objects);
                sink.Subject = default;
            }
        }
        return new ReadResult(objects, sink.All);
    }

    /// <summary>Reads a stream to its end; a stream longer than <see cref="ReadLimits.FileBytes"/> is refused without being held in memory.</summary>
    public static ReadResult Read(Stream stream, string? file)
    {
        if (TryReadAll(stream, out byte[] bytes))
            return Read(bytes, file);
        DiagnosticSink sink = new(file);
        SourceText.ReportTooLarge(sink);
        return new ReadResult([], sink.All);
    }

    /// <summary>Reads text.</summary>
    public static ReadResult Read(string text, string? file = null) => Read(System.Text.Encoding.UTF8.GetBytes(text), file);

    /// <summary>
    /// Reads a mesh configuration: either a document of its fields, or a ConfigMap with the key <c>mesh</c>. The result holds one
    /// object of kind MeshConfig, with Istio's defaults where the file says nothing.
    /// </summary>
    public static ReadResult ReadMeshConfig(Stream stream, string? file)
    {
        DiagnosticSink sink = new(file);
        List<ResourceObject> objects = [];
        if (!TryReadAll(stream, out byte[] bytes))
            SourceText.ReportTooLarge(sink);
        else if (SourceText.Decode(bytes, sink) is { } text)
            MeshConfigReader.ReadFile(YamlReader.Read(text, sink), sink, objects);
        return new ReadResult(objects, sink.All);
    }

    private static bool TryReadAll(Stream stream, out byte[] bytes)
    {
        bytes = [];
        if (stream.CanSeek && stream.Length - stream.Position > ReadLimits.FileBytes)
            return false;
        using MemoryStream buffer = new();
        byte[] block = new byte[64 * 1024];
        for (int read; (read = stream.Read(block)) > 0;)
        {
            if (buffer.Length + read > ReadLimits.FileBytes)
                return false;
            buffer.Write(block, 0, read);
        }
        bytes = buffer.ToArray();
        return true;
    }
}
