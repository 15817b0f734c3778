using Grpc.Core;

namespace Weft.Xds.Protocol;

/// <summary>Why a stream cannot go on: its host ends it with this status.</summary>
/// <param name="Code">The gRPC status.</param>
/// <param name="Message">A sentence that names what the peer did.</param>
public sealed record AdsRefusal(StatusCode Code, string Message);
