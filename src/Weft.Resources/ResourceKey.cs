namespace Weft.Resources;

/// <summary>What makes an object the same object over time: two documents with one key are two versions of one thing.</summary>
public readonly record struct ResourceKey(string Group, string Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind}/{Name}" : $"{Kind}/{Namespace}/{Name}";
}
