using Weft.Wire.Http2;

namespace Weft.Proxy.Http2;

/// <summary>For header blocks that nobody wants: they are decoded because the table must follow them.</summary>
internal readonly struct DiscardSink : IHpackSink
{
    public void OnField(scoped in HpackField field)
    {
    }
}
