namespace Weft.Cli.Supervision;

/// <summary>Where proxies find the control plane.</summary>
/// <param name="Address">A loopback address.</param>
/// <param name="DiscoveryPort">xDS in the clear.</param>
/// <param name="SecurePort">xDS and certificates over TLS.</param>
/// <param name="RootFile">The mesh's root certificate, PEM.</param>
public sealed record ControlPlaneEndpoints(string Address, int DiscoveryPort, int SecurePort, string RootFile)
{
    /// <summary>Istio's ports at a mesh's control address.</summary>
    public static ControlPlaneEndpoints Of(string address, StateDirectory state) =>
        new(address, 15010, 15012, Path.Combine(state.ControlState, "root-cert.pem"));
}
