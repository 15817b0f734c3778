using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>Reads <c>%OPERATOR(ARGUMENT):LENGTH%</c> into segments.</summary>
internal static partial class LogFormatParser
{
    private static readonly Dictionary<string, LogOperator> Operators =
        Enum.GetValues<LogOperator>().Where(op => op != LogOperator.Literal).ToDictionary(op => ToUpperSnake(op.ToString()));

    /// <summary>Appends the segments of a format. In JSON the format is the value of a string, and the quotes are appended, too.</summary>
    public static void Parse(string format, List<LogSegment> segments, bool inJson)
    {
        List<LogSegment> parts = [];
        StringBuilder literal = new();
        for (int at = 0; at < format.Length;)
        {
            if (format[at] != '%')
            {
                literal.Append(format[at++]);
            }
            else if (at + 1 < format.Length && format[at + 1] == '%')
            {
                literal.Append('%');
                at += 2;
            }
            else
            {
                Match match = OperatorPattern().Match(format, at);
                if (!match.Success)
                    throw new FormatException($"The log format has a '%' at offset {at} that begins no %OPERATOR%; write %% for the sign itself.");
                Flush(parts, literal, inJson);
                parts.Add(Compile(match));
                at += match.Length;
            }
        }

        Flush(parts, literal, inJson);
        if (!inJson)
        {
            segments.AddRange(parts);
            return;
        }

        if (parts is [{ Operator: not LogOperator.Literal } only])
        {
            segments.Add(new LogSegment
            {
                Operator = only.Operator,
                Text = only.Text,
                Header = only.Header,
                Alternative = only.Alternative,
                MaxBytes = only.MaxBytes,
                IsWholeValue = true,
            });
            return;
        }

        LogFormat.AddLiteral(segments, "\"");
        segments.AddRange(parts);
        LogFormat.AddLiteral(segments, "\"");
    }

    private static LogSegment Compile(Match match)
    {
        string name = match.Groups["name"].Value;
        if (!Operators.TryGetValue(name, out LogOperator op))
            throw new FormatException($"The log format uses %{name}%, which is not supported.");
        string argument = match.Groups["argument"].Value;
        int max = match.Groups["length"].Success ? int.Parse(match.Groups["length"].Value, CultureInfo.InvariantCulture) : 0;
        switch (op)
        {
            case LogOperator.Req or LogOperator.Resp or LogOperator.Trailer or LogOperator.ReqWithoutQuery:
                string[] names = argument.Split('?');
                if (names.Length > 2 || names.Any(header => header.Length == 0))
                    throw new FormatException($"%{name}({argument})% needs a header's name, or two with '?' between.");
                return new LogSegment
                {
                    Operator = op,
                    Header = LogHeader.Create(names[0]),
                    Alternative = names.Length == 2 ? LogHeader.Create(names[1]) : null,
                    MaxBytes = max,
                };
            case LogOperator.StartTime:
                LogTime.Check(argument);
                return new LogSegment { Operator = op, Text = Encoding.UTF8.GetBytes(argument), MaxBytes = max };
            case LogOperator.Hostname:
                return new LogSegment { Operator = op, Text = Encoding.UTF8.GetBytes(Environment.MachineName), MaxBytes = max };
            default:
                if (argument.Length > 0 && !(op == LogOperator.GrpcStatus && argument is "CAMEL_STRING"))
                    throw new FormatException($"%{name}({argument})%: the argument is not supported.");
                return new LogSegment { Operator = op, MaxBytes = max };
        }
    }

    private static void Flush(List<LogSegment> parts, StringBuilder literal, bool inJson)
    {
        string text = literal.ToString();
        LogFormat.AddLiteral(parts, inJson ? JsonEncodedText.Encode(text).ToString() : text);
        literal.Clear();
    }

    private static string ToUpperSnake(string member) => Boundary().Replace(member, "_").ToUpperInvariant();

    [GeneratedRegex(@"\G%(?<name>[A-Z0-9_]+)(\((?<argument>[^)]*)\))?(:(?<length>[0-9]{1,5}))?%")]
    private static partial Regex OperatorPattern();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z0-9])")]
    private static partial Regex Boundary();
}
