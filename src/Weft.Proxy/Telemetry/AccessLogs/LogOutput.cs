using System.Runtime.InteropServices;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>
/// One file (or standard output) that access logs go to, with a thread that writes what the workers' rings hold, each second or when one
/// is half full. A sink that blocks or fails costs lines, which are counted, and never time on a worker.
/// </summary>
internal sealed unsafe class LogOutput : IDisposable
{
    private const int FlushMilliseconds = 1000;
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Action<string> _log;
    private readonly int _ringBytes;
    private readonly int _wake;
    private readonly Thread _thread;
    private LogRing[] _rings = [];
    private long _lost;
    private int _descriptor = -1;
    private bool _complained;
    private bool _endsLine = true;
    private bool _isCut;
    private volatile bool _reopen;
    private volatile bool _stopping;

    /// <param name="path">As in the configuration; <c>/dev/stdout</c> and <c>/dev/stderr</c> are the process's own.</param>
    /// <param name="log">Takes a sentence when the file cannot be written.</param>
    /// <param name="ringBytes">Size of each worker's ring.</param>
    public LogOutput(string path, Action<string> log, int ringBytes = LogRing.DefaultBytes)
    {
        Path = path;
        _log = log;
        _ringBytes = ringBytes;
        _wake = LogSystemCalls.EventDescriptor(0, LogSystemCalls.CloseOnExec | LogSystemCalls.NonBlocking);
        _thread = new Thread(Run, 128 * 1024) { Name = "access-log", IsBackground = true };
        _thread.Start();
    }

    public string Path { get; }

    /// <summary>Lines that were not written: no room, or the sink failed.</summary>
    public long Dropped => Volatile.Read(ref _lost) + Volatile.Read(ref _rings).Sum(ring => ring.Dropped);

    /// <summary>A ring for one worker.</summary>
    public LogRing CreateRing()
    {
        lock (_lock)
        {
            LogRing ring = new(_ringBytes);
            Volatile.Write(ref _rings, [.. _rings, ring]);
            return ring;
        }
    }

    /// <summary>Has the thread write now. Safe on workers.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = LogSystemCalls.Signal(_wake, &one, sizeof(ulong));
    }

    /// <summary>Opens the file anew, after it was moved away.</summary>
    public void Reopen()
    {
        _reopen = true;
        Wake();
    }

    /// <summary>Writes what is left, if the sink takes it within two seconds. Workers must have ended.</summary>
    public void Dispose()
    {
        _stopping = true;
        Wake();
        if (!_thread.Join(s_stopPatience)) return;
        foreach (LogRing ring in _rings) ring.Dispose();
        _ = LogSystemCalls.Close(_wake);
    }

    private void Run()
    {
        while (true)
        {
            bool last = _stopping;
            if (!last) Wait();
            if (_reopen) CloseFile();
            foreach (LogRing ring in Volatile.Read(ref _rings)) Drain(ring);
            if (last) break;
        }

        CloseFile();
    }

    private void Wait()
    {
        LogSystemCalls.PollDescriptor wake = new() { Descriptor = _wake, Events = LogSystemCalls.PollIn };
        _ = LogSystemCalls.Poll(&wake, 1, FlushMilliseconds);
        ulong count;
        _ = LogSystemCalls.Read(_wake, &count, sizeof(ulong));
    }

    private void Drain(LogRing ring)
    {
        for (ReadOnlySpan<byte> part = ring.Peek(); !part.IsEmpty; part = ring.Peek())
        {
            int written = OpenFile() && EndCutLine() ? Write(part) : -1;
            if (written < 0)
            {
                _isCut = !_endsLine;
                long lost = _lost;
                ring.Discard(ref lost);
                Volatile.Write(ref _lost, lost);
                return;
            }

            if (written > 0) _endsLine = part[written - 1] == (byte)'\n';
            ring.Advance(written);
        }
    }

    /// <summary>A sink that filled up in the middle of a line keeps the half; the next line begins on its own.</summary>
    private bool EndCutLine()
    {
        if (_isCut && Write("\n"u8) != 1) return false;
        _endsLine |= _isCut;
        _isCut = false;
        return true;
    }

    /// <summary>How many bytes the sink took; −1 when it failed. Waits for a sink that is full, until the process stops.</summary>
    private int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                nint written = LogSystemCalls.Write(_descriptor, start, (nuint)bytes.Length);
                if (written >= 0)
                {
                    _complained = false;
                    return (int)written;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == LogSystemCalls.Interrupted) continue;
                if (error != LogSystemCalls.TryAgain || _stopping)
                {
                    Complain(error);
                    return -1;
                }

                LogSystemCalls.PollDescriptor sink = new() { Descriptor = _descriptor, Events = LogSystemCalls.PollOut };
                _ = LogSystemCalls.Poll(&sink, 1, FlushMilliseconds);
            }
        }
    }

    private bool OpenFile()
    {
        if (_descriptor >= 0) return true;
        _descriptor = Path switch
        {
            "/dev/stdout" => 1,
            "/dev/stderr" => 2,
            _ => LogSystemCalls.Open(Path, LogSystemCalls.WriteOnly | LogSystemCalls.Create | LogSystemCalls.Append | LogSystemCalls.CloseOnExec, 0x1a4),
        };
        if (_descriptor < 0) Complain(Marshal.GetLastPInvokeError());
        return _descriptor >= 0;
    }

    private void CloseFile()
    {
        _reopen = false;
        if (_descriptor > 2) _ = LogSystemCalls.Close(_descriptor);
        _descriptor = -1;
    }

    /// <summary>Says once what is wrong, and again only after it worked in between.</summary>
    private void Complain(int error)
    {
        if (!_complained)
            _log($"The access log {Path} cannot be written ({Marshal.GetPInvokeErrorMessage(error)}); lines are dropped and counted until it can.");
        _complained = true;
    }
}
