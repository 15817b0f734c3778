namespace Weft.Resources;

/// <summary>How much a <see cref="Diagnostic"/> matters: an error keeps the object out of force, the others do not.</summary>
public enum DiagnosticLevel
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Info,

    /// <summary>Accepted and in force, but probably not what was meant.</summary>
    Warning,

    /// <summary>The object is not taken into force.</summary>
    Error,
}
