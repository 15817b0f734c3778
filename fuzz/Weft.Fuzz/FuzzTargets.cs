using Weft.Fuzz.Targets;

namespace Weft.Fuzz;

/// <summary>All decoders that read what strangers send.</summary>
public static class FuzzTargets
{
    /// <summary>New targets, each with buffers of its own.</summary>
    public static IReadOnlyList<FuzzTarget> Create() =>
    [
        new RequestTarget(), new ResponseTarget(), new ChunkedTarget(), new FrameTarget(), new HpackTarget(), new HeadBuilderTarget(),
        new ClientHelloTarget(), new ProxyHeaderTarget(), new DnsTarget(), new GrpcWebTarget(),
        // Without the instructions for it no proxy reads records itself.
        .. TlsRecordTarget.IsSupported ? [new TlsRecordTarget()] : Array.Empty<FuzzTarget>(),
    ];

    /// <summary>A new target with this name.</summary>
    public static FuzzTarget Create(string name) =>
        Create().FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException($"There is no target '{name}'; there are {string.Join(", ", Create().Select(static target => target.Name))}.");
}
