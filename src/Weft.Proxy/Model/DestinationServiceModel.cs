namespace Weft.Proxy.Model;

/// <summary>The service that a cluster stands for, as telemetry labels it.</summary>
public sealed record DestinationServiceModel(string Host, string Name, string Namespace)
{
    public static DestinationServiceModel Unknown { get; } = new("", "", "");
}
