namespace Weft.Control.Hosting;

/// <summary>One finding about the configuration, as <c>weft validate -o json</c> writes it.</summary>
public sealed record DiagnosticReply(
    string Code, string Level, string? Kind, string? Namespace, string? Name, string? File, int? Line, int? Column, string Message, string? Hint);
