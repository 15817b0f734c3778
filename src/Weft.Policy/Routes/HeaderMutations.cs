using Weft.Policy.Formatting;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>
/// The changes that a route makes to a message's headers, in order: those of the weighted cluster, the route, the virtual host and the table
/// (the other way round when the most specific are to win). Immutable; any thread.
/// </summary>
public sealed class HeaderMutations
{
    private const int MaxValueBytes = 16 * 1024;

    [ThreadStatic]
    private static byte[]? s_value;

    private readonly HeaderMutation[] _mutations;

    private HeaderMutations(HeaderMutation[] mutations)
    {
        _mutations = mutations;
        IsConstant = mutations.All(mutation => mutation.Value is null || mutation.Value.IsConstant);
    }

    /// <summary>No change.</summary>
    public static HeaderMutations None { get; } = new([]);

    /// <summary>True when there is nothing to do.</summary>
    public bool IsEmpty => _mutations.Length == 0;

    /// <summary>True when no value has a command, so that an empty input will do.</summary>
    public bool IsConstant { get; }

    /// <summary>The changes in order.</summary>
    public IReadOnlyList<HeaderMutation> All => _mutations;

    /// <summary>
    /// Makes the changes in the edits of <paramref name="headers"/>, which must have edits. A value over 16 KiB makes the edits overflow.
    /// </summary>
    public void Apply(HeadView headers, scoped in FormatInput input)
    {
        HeaderEdits edits = headers.Edits ?? throw new ArgumentException("The view has no edits to change.", nameof(headers));
        foreach (HeaderMutation mutation in _mutations)
        {
            if (mutation.Value is null)
            {
                edits.Remove(mutation.Name, headers.Buffer, headers.Fields);
                continue;
            }

            Span<byte> value = s_value ??= new byte[MaxValueBytes];
            if (!mutation.Value.TryWrite(input, value, out int length))
                length = MaxValueBytes;
            if (length > 0 || mutation.KeepEmpty)
                Add(mutation, value[..length], headers, edits);
        }
    }

    internal static HeaderMutations Of(IEnumerable<HeaderMutation> mutations)
    {
        HeaderMutation[] all = [.. mutations];
        return all.Length == 0 ? None : new HeaderMutations(all);
    }

    private static void Add(HeaderMutation mutation, ReadOnlySpan<byte> value, HeadView headers, HeaderEdits edits)
    {
        switch (mutation.Action)
        {
            case HeaderAppendAction.AddIfAbsent when headers.TryGet(mutation.Name, out _):
            case HeaderAppendAction.OverwriteIfExists when !headers.TryGet(mutation.Name, out _):
                return;
            case HeaderAppendAction.Overwrite or HeaderAppendAction.OverwriteIfExists:
                edits.Set(mutation.Name, value, headers.Buffer, headers.Fields);
                return;
            default:
                edits.Append(mutation.Name, value);
                return;
        }
    }
}
