namespace Weft.Proxy.Listeners;

/// <summary>A port whose clients waited because its protocol is found out by looking, and whose server speaks first.</summary>
/// <param name="Listener">The listener that waited.</param>
/// <param name="Service">The host of the service, or the cluster's name when it has none.</param>
/// <param name="Port">The port that the clients dialled.</param>
/// <param name="Connections">How many waited.</param>
/// <param name="Waited">For how long, all together.</param>
public sealed record SlowDetection(string Listener, string Service, int Port, long Connections, TimeSpan Waited);
