namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>Which side of a proxy a listener is on; it decides how far clients' headers are trusted.</summary>
internal enum TrafficClass
{
    SidecarOutbound,
    SidecarInbound,
    Gateway,
}
