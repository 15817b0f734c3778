namespace Weft.Proxy.Hosting.Restart;

/// <summary>A listening socket on its way from one process of a proxy to the next. Whoever holds it closes it.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Name">The listener's name, or the address; see <paramref name="Kind"/>.</param>
/// <param name="Descriptor">The socket.</param>
internal readonly record struct HandedSocket(HandedSocketKind Kind, string Name, int Descriptor);
