namespace Weft.Proxy.Telemetry;

/// <summary>
/// All labels of a series in two words, so that finding a series is one hash and one comparison. <c>Who</c>: service id and peer
/// id; <c>What</c>: flags 32 bits, status 10, reporter 1, protocol 2, security 2, gRPC status 6 (63 is none).
/// </summary>
internal readonly record struct SeriesKey(ulong Who, ulong What)
{
    private const int NoGrpcStatus = 63;

    public static SeriesKey Create(
        int service, int peer, ResponseFlags flags, int status, bool atDestination, MetricProtocol protocol, ConnectionSecurity security, int grpcStatus)
    {
        // Anything outside the known ranges must not leak into the neighbouring bits.
        ulong code = status is >= 0 and < 1000 ? (ulong)status : 0;
        ulong grpc = grpcStatus is >= 0 and < NoGrpcStatus ? (ulong)grpcStatus : NoGrpcStatus;
        ulong what = (ulong)flags | code << 32 | (atDestination ? 1UL : 0) << 42 | (ulong)protocol << 43 | (ulong)security << 45 | grpc << 47;
        return new SeriesKey((ulong)(uint)service << 32 | (uint)peer, what);
    }

    public int Service => (int)(Who >> 32);

    public int Peer => (int)(uint)Who;

    public ResponseFlags Flags => (ResponseFlags)(uint)What;

    public int Status => (int)(What >> 32 & 1023);

    public bool AtDestination => (What >> 42 & 1) != 0;

    public MetricProtocol Protocol => (MetricProtocol)(What >> 43 & 3);

    public ConnectionSecurity Security => (ConnectionSecurity)(What >> 45 & 3);

    /// <summary>−1 when there was none.</summary>
    public int GrpcStatus => (int)(What >> 47 & 63) is var status && status == NoGrpcStatus ? -1 : status;

    /// <summary>The series that counts what found no room: same side and protocol, everything else "overflow".</summary>
    public SeriesKey ToOverflow() =>
        Create(LabelTable<ServiceLabels>.OverflowId, LabelTable<WorkloadLabels>.OverflowId, ResponseFlags.None, 0, AtDestination, Protocol, Security, -1);

    public uint Hash()
    {
        ulong mixed = (Who ^ What * 0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93;
        return (uint)(mixed >> 32);
    }
}
