namespace Weft.Proxy.Engine;

/// <summary>
/// One timer, made once with its owner and reused for the owner's life. Arming and disarming mostly write one field: the timer
/// stays linked in its wheel where it was, and moves only when that place comes round and the deadline lies later.
/// </summary>
internal sealed class Timer(ITimerOwner owner, int kind)
{
    /// <summary>The deadline of a timer that is not armed.</summary>
    internal const long Never = long.MaxValue;

    /// <summary>Tells the owner which of its timers this is.</summary>
    public int Kind { get; } = kind;

    /// <summary>True while armed.</summary>
    public bool IsArmed => DeadlineMs != Never;

    internal ITimerOwner Owner { get; } = owner;

    /// <summary>When it fires, on the worker's clock in milliseconds.</summary>
    internal long DeadlineMs { get; set; } = Never;

    /// <summary>The tick whose slot holds it; −1 when it is in no slot.</summary>
    internal long LinkedTick { get; set; } = -1;

    internal Timer? Next { get; set; }

    internal Timer? Previous { get; set; }
}
