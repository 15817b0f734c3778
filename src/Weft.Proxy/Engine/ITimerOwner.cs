namespace Weft.Proxy.Engine;

/// <summary>Receives expired timers of a <see cref="TimerWheel"/>, on the worker that owns the wheel.</summary>
internal interface ITimerOwner
{
    /// <summary>The timer's deadline passed; it is no longer armed.</summary>
    void OnTimer(Timer timer);
}
