namespace Weft.Proxy.Tests.Http2;

/// <summary>Content that does not say how long it is.</summary>
internal sealed class UnsizedStream(byte[] content) : MemoryStream(content)
{
    public override bool CanSeek => false;
}
