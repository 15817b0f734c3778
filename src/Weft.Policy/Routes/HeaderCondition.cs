using System.Buffers.Text;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>
/// A condition on a header (Envoy's HeaderMatcher). Several fields of one name are judged as one value joined with commas. A header that is
/// missing fulfils nothing, inverted or not, unless it is treated as empty; only a test for presence can ask for absence. Immutable; any thread.
/// </summary>
public sealed class HeaderCondition
{
    private readonly HeaderConditionTarget _target;
    private readonly HeaderName? _name;
    private readonly StringCondition? _text;
    private readonly (long Start, long End)? _range;
    private readonly bool _present;
    private readonly bool _invert;
    private readonly bool _missingIsEmpty;
    private readonly string _displayName;

    internal HeaderCondition(
        string displayName, HeaderConditionTarget target, HeaderName? name, StringCondition? text, (long Start, long End)? range, bool present, bool invert, bool missingIsEmpty)
    {
        _displayName = displayName;
        _target = target;
        _name = name;
        _text = text;
        _range = range;
        _present = present;
        _invert = invert;
        _missingIsEmpty = missingIsEmpty;
    }

    /// <summary>True when a request fulfils the condition.</summary>
    public bool Matches(scoped in RequestView request, in RouteInput input)
    {
        bool found = true;
        ReadOnlySpan<byte> value;
        switch (_target)
        {
            case HeaderConditionTarget.Method:
                value = request.MethodName;
                break;
            case HeaderConditionTarget.Authority:
                value = request.Authority;
                break;
            case HeaderConditionTarget.Path:
                value = ValueScratch.PathAndQuery(request);
                break;
            case HeaderConditionTarget.Scheme:
                value = request.Scheme.IsEmpty ? input.Scheme : request.Scheme;
                break;
            default:
                found = ValueScratch.TryRead(request.Headers, _name!, out value);
                break;
        }

        return Matches(found, value);
    }

    /// <summary>True when the headers of a response fulfil the condition.</summary>
    public bool Matches(HeadView headers)
    {
        ReadOnlySpan<byte> value = default;
        bool found = _target == HeaderConditionTarget.Field && ValueScratch.TryRead(headers, _name!, out value);
        return Matches(found, value);
    }

    /// <summary>The condition in words, for explanations.</summary>
    public override string ToString()
    {
        string what = _text is not null ? _text.ToString() : _range is { } range ? $"is a number from {range.Start} to {range.End - 1}" : _present ? "is present" : "is absent";
        return $"header '{_displayName}' {(_invert ? "not: " : "")}{what}";
    }

    private bool Matches(bool found, ReadOnlySpan<byte> value)
    {
        if (_text is null && _range is null)
            return (found == _present) != _invert;
        if (!found && !_missingIsEmpty)
            return false;
        bool matches = _text is not null ? _text.Matches(value) : InRange(value);
        return matches != _invert;
    }

    private bool InRange(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out int consumed) && consumed == value.Length && number >= _range!.Value.Start && number < _range.Value.End;
}
