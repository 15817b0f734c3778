using System.Runtime.CompilerServices;

namespace Weft.Control.Discovery.Registry;

/// <summary>Compares by identity: models are records with deep value equality, which a dictionary must not pay for.</summary>
internal sealed class ReferenceEqualityComparer<T> : IEqualityComparer<T>
    where T : class
{
    public static ReferenceEqualityComparer<T> Instance { get; } = new();

    public bool Equals(T? x, T? y) => ReferenceEquals(x, y);

    public int GetHashCode(T value) => RuntimeHelpers.GetHashCode(value);
}
