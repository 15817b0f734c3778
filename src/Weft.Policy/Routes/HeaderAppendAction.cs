namespace Weft.Policy.Routes;

/// <summary>What adding a header does when one of its name is there.</summary>
public enum HeaderAppendAction : byte
{
    /// <summary>Adds a further one.</summary>
    Append,

    /// <summary>Leaves it.</summary>
    AddIfAbsent,

    /// <summary>Replaces it, or adds when there is none.</summary>
    Overwrite,

    /// <summary>Replaces it, and does nothing when there is none.</summary>
    OverwriteIfExists,
}
