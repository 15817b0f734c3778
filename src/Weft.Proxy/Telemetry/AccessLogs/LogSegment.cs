namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>One piece of a compiled log format.</summary>
internal sealed class LogSegment
{
    public required LogOperator Operator { get; init; }

    /// <summary>The text of a literal, the result of an operator that never changes, or the format of a time.</summary>
    public byte[] Text { get; init; } = [];

    /// <summary>REQ, RESP and TRAILER: the header, and the one to use when it is absent; null when there is none.</summary>
    public LogHeader? Header { get; init; }

    public LogHeader? Alternative { get; init; }

    /// <summary>At most so many bytes of the value (<c>%REQ(X):9%</c>); 0 is no bound.</summary>
    public int MaxBytes { get; init; }

    /// <summary>JSON: this operator is the whole value, so it is a number or null where it can be; else it is part of a string.</summary>
    public bool IsWholeValue { get; init; }

    /// <summary>True when the operator prints a number.</summary>
    public bool IsNumber => Operator is LogOperator.ResponseCode or LogOperator.BytesReceived or LogOperator.BytesSent
        or LogOperator.Duration or LogOperator.RequestDuration
        or LogOperator.ResponseDuration or LogOperator.ResponseTxDuration or LogOperator.UpstreamRemotePort or LogOperator.UpstreamLocalPort
        or LogOperator.UpstreamRequestAttemptCount or LogOperator.DownstreamLocalPort or LogOperator.DownstreamRemotePort
        or LogOperator.DownstreamDirectRemotePort or LogOperator.GrpcStatusNumber;
}
