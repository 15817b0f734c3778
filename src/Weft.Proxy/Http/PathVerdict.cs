namespace Weft.Proxy.Http;

/// <summary>What normalisation made of a path.</summary>
internal enum PathVerdict : byte
{
    Forward,
    Redirect,
    Reject,
}
