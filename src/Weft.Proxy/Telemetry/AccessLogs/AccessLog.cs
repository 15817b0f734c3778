using Weft.Proxy.Model;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>One configured access log on one worker: format, filter, and the worker's ring of the output.</summary>
internal sealed class AccessLog
{
    private readonly LogFormat _format;
    private readonly ResponseFlags _onlyFlags;
    private readonly LogOutput _output;
    private readonly LogRing _ring;

    public AccessLog(AccessLogModel model, LogFormat format, LogOutput output, LogRing ring)
    {
        _format = format;
        _output = output;
        _ring = ring;
        foreach (string flag in model.ResponseFlags) _onlyFlags |= ResponseFlagNames.Parse(flag);
    }

    /// <summary>What the engine must keep of responses for it.</summary>
    public LogFormat Format => _format;

    /// <summary>Writes one line, unless the log wants only other flags.</summary>
    /// <param name="facts">The exchange or connection.</param>
    /// <param name="buffer">The worker's scratch; a longer line is cut off.</param>
    public void Write(scoped in LogFacts facts, Span<byte> buffer)
    {
        if (_onlyFlags != ResponseFlags.None && (facts.Flags & _onlyFlags) == 0) return;
        LogLine line = new(buffer);
        _format.Write(in facts, ref line);
        if (_ring.Add(line.Finish())) _output.Wake();
    }
}
