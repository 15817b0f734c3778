namespace Weft.Proxy.Model;

/// <summary>Region, zone and sub-zone.</summary>
public sealed record LocalityModel(string Region, string Zone, string SubZone)
{
    public static LocalityModel None { get; } = new("", "", "");
}
