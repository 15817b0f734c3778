namespace Weft.Proxy.Model;

/// <summary>The last network filter of a chain: the HTTP connection manager or the TCP proxy.</summary>
public abstract class TerminalModel
{
    /// <summary>Prefix of the terminal's counters, for example <c>outbound_0.0.0.0_80</c>.</summary>
    public string StatPrefix { get; init; } = "";

    public IReadOnlyList<AccessLogModel> AccessLogs { get; init; } = [];
}
