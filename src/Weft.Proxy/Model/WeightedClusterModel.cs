namespace Weft.Proxy.Model;

/// <summary>A cluster's name with its share.</summary>
/// <param name="Name">The cluster.</param>
/// <param name="Weight">Relative to the sum of its siblings.</param>
public sealed record WeightedClusterModel(string Name, uint Weight);
