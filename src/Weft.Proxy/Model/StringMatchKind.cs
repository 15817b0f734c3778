namespace Weft.Proxy.Model;

/// <summary>How a string is compared.</summary>
public enum StringMatchKind : byte
{
    Exact,
    Prefix,
    Suffix,
    Contains,
}
