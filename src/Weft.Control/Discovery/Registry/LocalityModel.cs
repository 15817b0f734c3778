namespace Weft.Control.Discovery.Registry;

/// <summary>Where a workload runs: region, zone, sub-zone; parts may be empty.</summary>
public sealed record LocalityModel(string Region, string Zone, string SubZone)
{
    public static LocalityModel None { get; } = new("", "", "");

    /// <summary>Parses <c>region/zone/subzone</c>; missing parts are empty.</summary>
    public static LocalityModel Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return None;
        string[] parts = text.Split('/', 3);
        return new LocalityModel(parts[0], parts.Length > 1 ? parts[1] : "", parts.Length > 2 ? parts[2] : "");
    }

    public override string ToString() => string.Join('/', new[] { Region, Zone, SubZone }.Where(part => part.Length > 0));
}
