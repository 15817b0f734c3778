using System.Numerics;

namespace Weft.Proxy.Engine;

/// <summary>
/// A hashed timer wheel of 2,048 slots of 4 ms. Deadlines beyond the wheel's 8 s sit in its last slot and are put back when it comes
/// round. A timer never fires early, and late by at most one tick plus the loop's own delay. Single-threaded.
/// </summary>
internal sealed class TimerWheel
{
    private const int TickShift = 2;
    private const int Slots = 2048;
    private readonly Timer?[] _slots = new Timer?[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private long _tick;
    private int _count;

    public TimerWheel(long nowMs) => _tick = nowMs >> TickShift;

    /// <summary>Arms the timer for <paramref name="delayMs"/> from now; a timer already armed is moved.</summary>
    public void Arm(Timer timer, long nowMs, long delayMs)
    {
        long deadline = nowMs + Math.Max(delayMs, 1);
        timer.DeadlineMs = deadline;
        if (timer.LinkedTick >= 0)
        {
            if (timer.LinkedTick <= TickOf(deadline)) return;
            Unlink(timer);
        }

        Link(timer);
    }

    /// <summary>Disarms; the timer may stay linked, which costs one visit later.</summary>
    public static void Disarm(Timer timer) => timer.DeadlineMs = Timer.Never;

    /// <summary>Fires what is due.</summary>
    public void Advance(long nowMs)
    {
        long target = nowMs >> TickShift;
        if (_count == 0)
        {
            _tick = target;
            return;
        }

        long steps = Math.Min(target - _tick, Slots);
        long first = target - steps;
        for (long tick = first + 1; tick <= target; tick++)
        {
            _tick = tick;
            if (_slots[(int)(tick & (Slots - 1))] is not null) Visit((int)(tick & (Slots - 1)), nowMs);
        }

        _tick = target;
    }

    /// <summary>How long the loop may sleep: until the next occupied slot; −1 when there is none.</summary>
    public int TimeoutMs(long nowMs)
    {
        if (_count == 0) return -1;
        int start = (int)((_tick + 1) & (Slots - 1));
        int word = start >> 6;
        ulong bits = _occupied[word] & (ulong.MaxValue << (start & 63));
        for (int i = 0; i <= _occupied.Length; i++)
        {
            if (bits != 0)
            {
                int slot = (word << 6) + BitOperations.TrailingZeroCount(bits);
                long tick = _tick + 1 + ((slot - start) & (Slots - 1));
                return (int)Math.Max((tick << TickShift) - nowMs, 0);
            }

            word = (word + 1) % _occupied.Length;
            bits = _occupied[word];
        }

        return -1;
    }

    private static long TickOf(long deadlineMs) => (deadlineMs + (1 << TickShift) - 1) >> TickShift;

    private void Visit(int slot, long nowMs)
    {
        // A fired timer's owner may arm, disarm or unlink any timer: always take the head, and stop at those that were put back.
        long tick = _tick;
        while (_slots[slot] is { } timer && timer.LinkedTick <= tick)
        {
            Unlink(timer);
            if (timer.DeadlineMs == Timer.Never) continue;
            if (timer.DeadlineMs > nowMs)
            {
                Link(timer);
                continue;
            }

            timer.DeadlineMs = Timer.Never;
            timer.Owner.OnTimer(timer);
        }
    }

    private void Link(Timer timer)
    {
        long tick = Math.Clamp(TickOf(timer.DeadlineMs), _tick + 1, _tick + Slots - 1);
        int slot = (int)(tick & (Slots - 1));
        timer.LinkedTick = tick;
        timer.Previous = null;
        timer.Next = _slots[slot];
        if (timer.Next is { } next) next.Previous = timer;
        _slots[slot] = timer;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        _count++;
    }

    private void Unlink(Timer timer)
    {
        int slot = (int)(timer.LinkedTick & (Slots - 1));
        if (timer.Previous is { } previous) previous.Next = timer.Next;
        else _slots[slot] = timer.Next;
        if (timer.Next is { } next) next.Previous = timer.Previous;
        timer.Next = timer.Previous = null;
        timer.LinkedTick = -1;
        if (_slots[slot] is null) _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        _count--;
    }
}
