namespace Weft.Proxy.Telemetry;

/// <summary>The service a request went to, in the words of Istio's <c>destination_service*</c> labels; empty is <c>unknown</c>.</summary>
public sealed record ServiceLabels(string Host = "", string Name = "", string Namespace = "")
{
    public static ServiceLabels Unknown { get; } = new();

    public static ServiceLabels Overflow { get; } = new("overflow", "overflow", "overflow");
}
