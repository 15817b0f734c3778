namespace Weft.Proxy.Model;

/// <summary>At which memory pressure (0 to 1) an action begins, and at which it is in full force; between them it strikes that share of cases. Equal for a threshold.</summary>
/// <param name="Action">What begins.</param>
/// <param name="Scaling">Where it begins.</param>
/// <param name="Saturation">Where it is in full force; at least <paramref name="Scaling"/>.</param>
public sealed record OverloadTriggerModel(OverloadAction Action, double Scaling, double Saturation);
