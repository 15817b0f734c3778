namespace Weft.Proxy.Model;

/// <summary>Whether the port leaves the authority before routing and forwarding.</summary>
public enum StripPortMode : byte
{
    Keep,
    StripMatching,
    StripAny,
}
