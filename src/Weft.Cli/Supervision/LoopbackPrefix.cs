namespace Weft.Cli.Supervision;

/// <summary>The loopback network 127.<paramref name="Number"/>.0.0/16 of one workload.</summary>
public readonly record struct LoopbackPrefix(int Number)
{
    /// <summary>The proxy's own address: 127.n.0.1.</summary>
    public string Address => $"127.{Number}.0.1";

    /// <summary>The first two octets, which tell the control plane where to put this workload's outbound listeners.</summary>
    public override string ToString() => $"127.{Number}";
}
