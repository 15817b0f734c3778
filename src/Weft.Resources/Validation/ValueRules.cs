using Google.Protobuf.WellKnownTypes;
using Istio.Networking.V1Alpha3;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation;

/// <summary>Rules for single values that many kinds share.</summary>
internal static class ValueRules
{
    private const long NanosPerMillisecond = 1_000_000;
    private static readonly string[] Protocols = ["tcp", "udp", "grpc", "grpc-web", "http", "http_proxy", "http2", "https", "tls", "mongo", "redis", "mysql"];

    public static bool Required(Scope at, string value, string example)
    {
        if (value.Length > 0)
            return true;
        at.Report(ValueDiagnostics.Required, "is required.", $"Write for example: {example}");
        return false;
    }

    public static void Port(Scope at, long port)
    {
        if (port is < 1 or > 65535)
            at.Report(ValueDiagnostics.Port, $"is {port}, but a port is 1 to 65535.");
    }

    public static void OptionalPort(Scope at, long port)
    {
        if (port != 0)
            Port(at, port);
    }

    public static void Duration(Scope at, Duration? value)
    {
        if (value is null)
            return;
        if (value.Seconds < 0 || value.Nanos < 0 || (value.Seconds == 0 && value.Nanos < NanosPerMillisecond))
            at.Report(ValueDiagnostics.DurationRange, $"is {DurationText.Format(value)}, but must be at least 1ms.");
        else
            WholeMilliseconds(at, value);
    }

    /// <summary>For fields where zero has a meaning of its own.</summary>
    public static void DurationOrZero(Scope at, Duration? value)
    {
        if (value is null || value is { Seconds: 0, Nanos: 0 })
            return;
        Duration(at, value);
    }

    public static void NotNegative(Scope at, long value)
    {
        if (value < 0)
            at.Report(ValueDiagnostics.Number, $"is {value}, but must not be negative.");
    }

    public static void Range(Scope at, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
            at.Report(ValueDiagnostics.Number, $"is {value}, but must be {low} to {high}.");
    }

    /// <summary>A share of requests: 0, or at least 0.0001 (the smallest that a proxy can count), up to 100.</summary>
    public static void Percent(Scope at, Percent? percent)
    {
        if (percent is not null && percent.Value != 0 && !(percent.Value >= 0.0001 && percent.Value <= 100))
            at["value"].Report(ValueDiagnostics.Percentage, $"is {percent.Value}, but must be 0, or 0.0001 to 100.");
    }

    public static void Regex(Scope at, string pattern)
    {
        if (Re2Syntax.Check(pattern) is { } problem)
            at.Report(ValueDiagnostics.Regex, $"{problem}.", "Patterns are RE2's: no look-around, no back references; at most 1024 characters.");
    }

    public static void DnsLabel(Scope at, string value)
    {
        if (!Names.IsDnsLabel(value))
            at.Report(ValueDiagnostics.Name, $"cannot be \"{value}\".", "A name here is letters, digits and -, beginning and ending with a letter or digit (at most 63).");
    }

    public static void Fqdn(Scope at, string value)
    {
        if (!Names.IsFqdn(value))
            at.Report(ValueDiagnostics.Host, $"cannot be \"{value}\".", "A host is a DNS name such as reviews or reviews.default.svc.cluster.local.");
    }

    public static void WildcardHost(Scope at, string value)
    {
        if (!Names.IsWildcardHost(value))
            at.Report(ValueDiagnostics.Host, $"cannot be \"{value}\".", "A host is a DNS name, or one whose first label begins with *: *.example.com.");
    }

    public static void AddressOrSubnet(Scope at, string value)
    {
        if (!Names.IsIpAddress(value) && !Names.IsCidr(value))
            at.Report(ValueDiagnostics.Address, $"is no IP address or subnet: \"{value}\".", "Write for example 10.0.0.1, 10.0.0.0/8 or fd00::/8.");
    }

    public static void IpAddress(Scope at, string value)
    {
        if (!Names.IsIpAddress(value))
            at.Report(ValueDiagnostics.Address, $"is no IP address: \"{value}\".", "Write for example 10.0.0.1 or ::1.");
    }

    public static void Protocol(Scope at, string value)
    {
        if (!Protocols.Contains(value, StringComparer.OrdinalIgnoreCase))
            at.Report(ValueDiagnostics.Protocol, $"is \"{value}\".", EditDistance.Nearest(value, Protocols) is { } near ? $"Did you mean {near.ToUpperInvariant()}?" : $"Write one of {string.Join(", ", Protocols).ToUpperInvariant()}.");
    }

    public static void Limit(Scope at, int count, int limit, string what)
    {
        if (count > limit)
            at.Report(ValueDiagnostics.Limit, $"has {count} {what}, but at most {limit} are allowed.");
    }

    public static void Length(Scope at, string value, int limit)
    {
        if (value.Length > limit)
            at.Report(ValueDiagnostics.Limit, $"is {value.Length} characters long, but at most {limit} are allowed.");
    }

    public static void OneOf(Scope at, string value, params ReadOnlySpan<string> allowed)
    {
        if (allowed.Contains(value))
            return;
        string[] list = allowed.ToArray();
        string hint = EditDistance.Nearest(value, list) is { } near ? $"Did you mean {near}?" : $"Write one of {string.Join(", ", list)}.";
        at.Report(ValueDiagnostics.NotAllowed, $"cannot be \"{value}\".", hint);
    }

    public static void NoDuplicates(Scope at, IReadOnlyList<string> values)
    {
        HashSet<string> seen = [];
        for (int i = 0; i < values.Count; i++)
        {
            if (!seen.Add(values[i]))
                at[i].Report(ValueDiagnostics.Duplicate, $"repeats \"{values[i]}\".", "Remove one of them.");
        }
    }

    public static void NoEmptyItems(Scope at, IReadOnlyList<string> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i].Length == 0)
                at[i].Report(ValueDiagnostics.Required, "is empty.", "Remove the item, or write a value.");
        }
    }

    /// <summary>Reports when more than one of the named fields is set.</summary>
    public static void AtMostOne(Scope at, params ReadOnlySpan<(string Field, bool IsSet)> fields)
    {
        string? first = null;
        foreach ((string field, bool isSet) in fields)
        {
            if (!isSet)
                continue;
            if (first is null)
                first = field;
            else
                at[field].Report(ValueDiagnostics.Exclusive, $"cannot be set together with {first}.", $"Remove {first} or {field}.");
        }
    }

    public static void Deprecated(Scope at, bool isSet, string instead)
    {
        if (isSet)
            at.Report(ValueDiagnostics.Deprecated, "is deprecated.", $"Use {instead} instead.");
    }

    private static void WholeMilliseconds(Scope at, Duration value)
    {
        if (value.Nanos % NanosPerMillisecond != 0)
            at.Report(ValueDiagnostics.DurationRange, $"is {DurationText.Format(value)}, but must be whole milliseconds.");
    }
}
