namespace Weft.Proxy.Engine;

/// <summary>A pooled object that must not be reused before the current round of its worker's loop is over.</summary>
internal interface IRecyclable
{
    /// <summary>Puts the object back into its pool.</summary>
    void Recycle();
}
