namespace Weft.Kernel.Sockets;

/// <summary>A socket option of Linux that a transparent proxy needs, as data.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Level">The first number for <c>setsockopt</c>.</param>
/// <param name="Number">The second.</param>
/// <param name="Capability">What setting it needs; empty for nothing.</param>
/// <param name="Purpose">What it is for, in a sentence.</param>
public sealed record SocketOption(string Name, int Level, int Number, string Capability, string Purpose);
