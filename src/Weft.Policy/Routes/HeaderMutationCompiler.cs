using System.Text;
using Envoy.Config.Core.V3;
using Weft.Policy.Formatting;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>Compiles header additions and removals of one level. Removals come first, as in Envoy. Control side; allocates.</summary>
internal static class HeaderMutationCompiler
{
    /// <summary>The most additions of one level.</summary>
    private const int MaxAdditions = 1000;

    public static HeaderMutation[] Compile(IReadOnlyList<HeaderValueOption> add, IReadOnlyList<string> remove, Place place, string prefix)
    {
        if (add.Count == 0 && remove.Count == 0)
            return [];
        List<HeaderMutation> mutations = [];
        if (add.Count > MaxAdditions)
            place.At($"{prefix}_headers_to_add").Error($"at most {MaxAdditions} headers can be added.");
        for (int i = 0; i < remove.Count; i++)
        {
            if (TryName(remove[i], place.At($"{prefix}_headers_to_remove", i), out HeaderName? name))
                mutations.Add(new HeaderMutation(name!, null, HeaderAppendAction.Append, false));
        }

        for (int i = 0; i < add.Count; i++)
        {
            if (Addition(add[i], place.At($"{prefix}_headers_to_add", i)) is { } mutation)
                mutations.Add(mutation);
        }

        return [.. mutations];
    }

    private static HeaderMutation? Addition(HeaderValueOption option, Place place)
    {
        if (!TryName(option.Header?.Key ?? "", place.At("header.key"), out HeaderName? name))
            return null;
        string value = option.Header!.RawValue.Length > 0 ? Encoding.UTF8.GetString(option.Header.RawValue.Span) : option.Header.Value;
        if (!HeaderFormat.TryCompile(value, out HeaderFormat? format, out string? error))
        {
            place.At("header.value").Error(error);
            return null;
        }

        HeaderAppendAction action = option.AppendAction switch
        {
            HeaderValueOption.Types.HeaderAppendAction.AddIfAbsent => HeaderAppendAction.AddIfAbsent,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd => HeaderAppendAction.Overwrite,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExists => HeaderAppendAction.OverwriteIfExists,
            _ => option.Append == false ? HeaderAppendAction.Overwrite : HeaderAppendAction.Append,
        };
        return new HeaderMutation(name!, format, action, option.KeepEmptyValue);
    }

    private static bool TryName(string text, Place place, out HeaderName? name)
    {
        name = null;
        if (text.StartsWith(':') || text.Equals("host", StringComparison.OrdinalIgnoreCase))
        {
            place.Error($"'{text}' cannot be changed here; use host_rewrite_literal or prefix_rewrite.");
            return false;
        }

        if (HeaderName.TryCreate(text, out name))
        {
            if (name.Known is not (KnownHeader.ContentLength or KnownHeader.TransferEncoding or KnownHeader.Connection))
                return true;
            place.Error($"'{text}' frames the message and cannot be changed.");
            return false;
        }

        place.Error($"'{text}' is not a header name.");
        return false;
    }
}
