namespace Weft.Proxy.Model;

/// <summary>What happens to <c>%2F</c> and <c>%5C</c> in paths (<c>path_with_escaped_slashes_action</c>).</summary>
public enum EscapedSlashesAction : byte
{
    KeepUnchanged,
    Reject,
    UnescapeAndRedirect,
    UnescapeAndForward,
}
