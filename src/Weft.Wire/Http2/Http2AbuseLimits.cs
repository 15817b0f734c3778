namespace Weft.Wire.Http2;

/// <summary>
/// When a peer's behaviour, each frame of it legal, ends its connection with ENHANCE_YOUR_CALM. The formulas and their figures are Envoy's
/// (its HTTP/2 protocol options and its check of premature resets); where Envoy relies on its outbound queue alone, a budget over time stands beside.
/// </summary>
public sealed record Http2AbuseLimits
{
    /// <summary>Between workloads of the mesh: Envoy's defaults.</summary>
    public static Http2AbuseLimits Mesh { get; } = new();

    /// <summary>At the edge: the same formulas, and a tenth of the budgets.</summary>
    public static Http2AbuseLimits Edge { get; } = new()
    {
        Pings = new FrameBudget(1_000, 100),
        Settings = new FrameBudget(20, 1),
        Useless = new FrameBudget(100, 10),
    };

    /// <summary>Over how many ended streams premature resets are judged: when half of them were, also before so many have ended. 500.</summary>
    public int PrematureResetStreams { get; init; } = 500;

    /// <summary>A stream that is reset before it has lived so long was reset prematurely. One second.</summary>
    public int PrematureResetLifetimeMs { get; init; } = 1_000;

    /// <summary>RST_STREAM frames beyond one for each stream opened. 100.</summary>
    public int SpareResets { get; init; } = 100;

    /// <summary>HEADERS, CONTINUATION and DATA in a row without payload or END_STREAM. 1.</summary>
    public int ConsecutiveEmptyFrames { get; init; } = 1;

    /// <summary>PRIORITY frames for each stream opened, and once more for the connection. 100.</summary>
    public int PriorityFramesPerStream { get; init; } = 100;

    /// <summary>WINDOW_UPDATE frames for each DATA frame sent, beyond those for streams: the bound is 5 + 2 × (streams opened + this × DATA frames sent). 10.</summary>
    public int WindowUpdatesPerDataFrame { get; init; } = 10;

    /// <summary>PING frames that want an answer.</summary>
    public FrameBudget Pings { get; init; } = new(10_000, 1_000);

    /// <summary>SETTINGS frames that want an acknowledgement.</summary>
    public FrameBudget Settings { get; init; } = new(200, 10);

    /// <summary>Frames of unknown types, GOAWAY, PRIORITY_UPDATE and answers to PING together.</summary>
    public FrameBudget Useless { get; init; } = new(1_000, 100);

    /// <summary>Answers (PING and SETTINGS acknowledgements, RST_STREAM) that may wait to be sent. 1,000.</summary>
    public int QueuedControlFrames { get; init; } = 1_000;
}
