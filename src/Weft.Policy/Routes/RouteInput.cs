namespace Weft.Policy.Routes;

/// <summary>What routing needs to know beside the request itself.</summary>
/// <param name="Random">A random number for this request: the same for all tries, so that a retry stays with its version.</param>
/// <param name="IsTls">Whether the client's side is TLS (or a trusted proxy in front says that it was).</param>
/// <param name="PeerPresented">Whether the client presented a certificate.</param>
/// <param name="PeerValidated">Whether that certificate was validated.</param>
public readonly record struct RouteInput(ulong Random, bool IsTls, bool PeerPresented = false, bool PeerValidated = false)
{
    internal ReadOnlySpan<byte> Scheme => IsTls ? "https"u8 : "http"u8;
}
