using Weft.Resources.Diagnostics;
using YamlDotNet.Core;

namespace Weft.Resources.Yaml;

/// <summary>
/// Reads all documents of a YAML or JSON file into node trees. Documents that cannot be read are reported and left out;
/// the others are unaffected.
/// </summary>
internal static class YamlReader
{
    public static IReadOnlyList<YamlDocument> Read(string text, DiagnosticSink sink)
    {
        List<YamlDocument> documents = [];
        long nodes = 0;
        foreach ((string piece, int firstLine) in DocumentSplitter.Split(text))
        {
            if (JsonNodeReader.LooksLikeJson(piece))
            {
                bool mustBeJson = sink.File?.EndsWith(".json", StringComparison.OrdinalIgnoreCase) == true;
                if (JsonNodeReader.TryRead(piece, new SourcePosition(firstLine, 1), mustBeJson ? sink : null, documents) || mustBeJson)
                    continue;
            }
            NodeComposer composer = new(new SourcePosition(firstLine, 1), sink, ReadLimits.Nodes - nodes);
            ReadPiece(piece, composer, sink, documents);
            nodes += composer.Nodes;
            if (nodes >= ReadLimits.Nodes)
                break;
        }
        return documents;
    }

    /// <summary>
    /// Reads the document that is the text of a scalar. In a literal block its lines are the file's lines and positions are
    /// exact; in other scalars every position is that of the scalar.
    /// </summary>
    public static YamlNode? ReadEmbedded(YamlNode scalar, DiagnosticSink sink)
    {
        List<YamlDocument> documents = [];
        SourcePosition origin = scalar.BlockPosition ?? scalar.Position;
        NodeComposer composer = new(origin, sink, ReadLimits.Nodes) { IsPinned = scalar.BlockPosition is null };
        ReadPiece(scalar.Text, composer, sink, documents);
        if (documents.Count == 0)
            return null;
        foreach (DuplicateKey duplicate in documents[0].Duplicates)
            duplicate.Report(sink);
        return documents[0].Root;
    }

    private static void ReadPiece(string piece, NodeComposer composer, DiagnosticSink sink, List<YamlDocument> documents)
    {
        try
        {
            composer.ReadAll(piece, documents);
        }
        catch (YamlException problem)
        {
            SyntaxProblem.Report(piece, composer, problem, sink);
        }
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner leaves its own rails on some inputs (found by fuzzing); they are malformed all the same.
            sink.Report(
                ReadingDiagnostics.Malformed, composer.LastPosition, "The document is not well-formed YAML from about here on.",
                "Look for a stray character: a value that begins with a sign such as ? : - { [ & * ! | > % @ must be quoted.");
        }
    }
}
