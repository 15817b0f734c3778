using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Reads frames from hexadecimal text and writes what came out as lines of text, with DATA parts put together again.</summary>
internal static class Frames
{
    public const string Settings = "000000040000000000";

    public static string Header(int length, int type, int flags, int stream) => $"{length:x6}{type:x2}{flags:x2}{stream:x8}";

    /// <summary>The lines for the frames behind an empty SETTINGS.</summary>
    public static List<string> Read(string hex, Http2FrameLimits? limits = null)
    {
        List<string> lines = Read(FieldList.Hex(Settings + hex), [int.MaxValue], limits);
        Assert.Equal("Settings 0 ", lines[0]);
        lines.RemoveAt(0);
        return lines;
    }

    /// <summary>The lines for bytes that arrive in steps.</summary>
    public static List<string> Read(byte[] input, int[] steps, Http2FrameLimits? limits = null)
    {
        List<string> lines = [];
        Http2FrameReader reader = new(limits ?? Http2FrameLimits.Default);
        string data = "";
        int start = 0;
        int end = 0;
        int step = 0;
        while (true)
        {
            Http2ReadStatus status = reader.Read(input.AsSpan(start, end - start), out Http2Frame frame, out int consumed, out Http2Error error);
            start += consumed;
            switch (status)
            {
                case Http2ReadStatus.Error:
                    lines.Add($"{error.Scope} {error.Code} {error.Reason}{(error.Scope == Http2ErrorScope.Stream ? $" {frame.StreamId}" : "")}");
                    if (error.IsConnectionError)
                        return lines;
                    break;
                case Http2ReadStatus.Frame when frame.Type == Http2FrameType.Data:
                    Assert.Equal(frame.IsFirstPart, data.Length == 0);
                    data += (data.Length == 0 ? $"Data {frame.StreamId} length={frame.Length} " : "") + Convert.ToHexStringLower(frame.Payload);
                    if (frame.IsLastPart)
                        lines.Add(data + (frame.EndStream ? " END_STREAM" : ""));
                    data = frame.IsLastPart ? "" : data;
                    break;
                case Http2ReadStatus.Frame:
                    lines.Add(Line(frame));
                    break;
                default:
                    if (end == input.Length)
                    {
                        if (start < end || data.Length > 0)
                            lines.Add("unfinished");
                        return lines;
                    }

                    end = (int)Math.Min(input.Length, (long)end + steps[step++ % steps.Length]);
                    break;
            }
        }
    }

    private static string Line(in Http2Frame frame) => $"{frame.Type} {frame.StreamId} {Convert.ToHexStringLower(frame.Payload)}" + frame.Type switch
    {
        Http2FrameType.Headers => (frame.EndStream ? " END_STREAM" : "") + (frame.EndHeaders ? " END_HEADERS" : "") + (frame.DependsOnItself ? " itself" : ""),
        Http2FrameType.Continuation => frame.EndHeaders ? " END_HEADERS" : "",
        Http2FrameType.Settings or Http2FrameType.Ping => frame.IsAck ? " ACK" : "",
        Http2FrameType.ResetStream => $" {frame.ErrorCode}",
        Http2FrameType.GoAway => $" {frame.LastStreamId} {frame.ErrorCode}",
        Http2FrameType.WindowUpdate => $" {frame.WindowIncrement}",
        _ => "",
    };
}
