namespace Weft.Policy.Routes;

/// <summary>Whether a route allows an upgrade.</summary>
/// <param name="Type">The protocol, for example <c>websocket</c> or <c>CONNECT</c>; compared without regard to case.</param>
/// <param name="Enabled">Whether it is allowed.</param>
/// <param name="TerminatesConnect">Whether a CONNECT ends here and its bytes go to the cluster as plain TCP.</param>
public sealed record UpgradeRule(string Type, bool Enabled, bool TerminatesConnect);
