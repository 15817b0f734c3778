namespace Weft.Control.Hosting;

/// <summary>A service as one workload sees it.</summary>
/// <param name="Host">The full host name.</param>
/// <param name="Aliases">Shorter names that mean the same in the workload's namespace.</param>
/// <param name="Address">The address at which the workload reaches it.</param>
/// <param name="Ports">The service's ports by name; an unnamed port under its number.</param>
public sealed record NameReply(string Host, IReadOnlyList<string> Aliases, string Address, IReadOnlyDictionary<string, int> Ports);
