using System.Runtime.CompilerServices;
using System.Text;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation;

/// <summary>
/// A place in an object while it is checked. Indexers go down (<c>at["http"][0]["timeout"]</c>); a report knows its path and
/// its line. Cheap to make: nothing is written out until something is reported.
/// </summary>
internal readonly struct Scope
{
    private readonly DiagnosticSink sink;
    private readonly FieldPath path;

    public Scope(ResourceObject resource, DiagnosticSink sink)
        : this(resource, sink, FieldPath.Root)
    {
    }

    private Scope(ResourceObject resource, DiagnosticSink sink, FieldPath path)
    {
        Resource = resource;
        this.sink = sink;
        this.path = path;
    }

    public ResourceObject Resource { get; }

    public Scope this[string field, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0] => new(Resource, sink, path.Field(field).From(file, line));

    public Scope this[int item, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0] => new(Resource, sink, path.Item(item).From(file, line));

    /// <summary>The same place, for a shared rule that is asked by this line.</summary>
    public Scope Here([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => new(Resource, sink, path.From(file, line));

    /// <summary>True when the document has this very field, whatever its value.</summary>
    public bool IsWritten => Resource.Positions.Has(path.ToString());

    /// <summary>The path for a sentence; an object's root is called by its kind.</summary>
    public string Path => path.ToString() is { Length: > 0 } text ? text : Resource.Kind;

    /// <summary>Reports at this place. The message gets the path in front: <c>at["x"].Report(…, "must …")</c> reads <c>spec.x must …</c>.</summary>
    public void Report(DiagnosticDefinition definition, string message, string? hint = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        // When nothing more is written down, finding the place would only cost time.
        string text = sink.IsFull ? "" : path.ToString();
        if (sink.IsFull || !sink.TouchesBrokenField(text))
            sink.Report(definition, Resource.Positions.Find(text), $"{Path} {message}", hint, rule: sink.IsFull ? "" : Rule(file, line));
    }

    /// <summary>The lines of the rules that led here, the reporting one first.</summary>
    private string Rule(string file, int line)
    {
        StringBuilder rule = new($"{System.IO.Path.GetFileName(file)}:{line}");
        for (FieldPath? step = path; step is not null; step = step.Parent)
        {
            for (FieldPath? origin = step; origin is { Origin.Line: > 0 }; origin = origin.Before)
                rule.Append(System.Globalization.CultureInfo.InvariantCulture, $" {System.IO.Path.GetFileName(origin.Origin.File)}:{origin.Origin.Line}");
        }

        return rule.ToString();
    }
}
