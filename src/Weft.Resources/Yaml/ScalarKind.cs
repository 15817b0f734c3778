namespace Weft.Resources.Yaml;

/// <summary>The JSON type that an unquoted scalar has; a quoted one is always a string.</summary>
public enum ScalarKind
{
    String,
    Null,
    Boolean,
    Integer,
    Float,
}
