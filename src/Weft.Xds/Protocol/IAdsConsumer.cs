namespace Weft.Xds.Protocol;

/// <summary>Applies what a client stream receives. Called on the thread that feeds the stream.</summary>
public interface IAdsConsumer
{
    /// <summary>
    /// Applies the good part of an update and says which resources it refuses. It may change the stream's
    /// subscriptions while it is called: clusters lead to endpoints, listeners to routes and secrets.
    /// </summary>
    /// <param name="update">The update; not kept by the stream.</param>
    /// <returns>The refused ones; empty when all was good. What was refused must not have been applied in part.</returns>
    IReadOnlyList<ResourceRefusal> Apply(AdsUpdate update);
}
