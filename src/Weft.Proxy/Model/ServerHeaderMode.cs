namespace Weft.Proxy.Model;

/// <summary>What happens to the <c>server</c> header of responses.</summary>
public enum ServerHeaderMode : byte
{
    Overwrite,
    AppendIfAbsent,
    PassThrough,
}
