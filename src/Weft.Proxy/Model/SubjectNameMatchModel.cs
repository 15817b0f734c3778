namespace Weft.Proxy.Model;

/// <summary>One accepted subject alternative name.</summary>
public sealed record SubjectNameMatchModel(SubjectNameKind Kind, StringMatchKind Match, string Value, bool IgnoreCase = false);
