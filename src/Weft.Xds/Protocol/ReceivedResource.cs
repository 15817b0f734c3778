using Google.Protobuf.WellKnownTypes;

namespace Weft.Xds.Protocol;

/// <summary>A resource as a client received it. The body may be dropped as soon as it is compiled.</summary>
/// <param name="Name">The name that the server gave it; empty for types that have one nameless resource.</param>
/// <param name="Version">The server's version of it; in state of the world a hash of its content.</param>
/// <param name="Body">The packed message.</param>
public readonly record struct ReceivedResource(string Name, string Version, Any Body);
