using Envoy.Config.Core.V3;
using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>A rule's header operations in Envoy's form. Setting <c>:authority</c> or <c>host</c> becomes a host rewrite; other pseudo headers are dropped.</summary>
internal sealed class HeaderOperations
{
    private HeaderOperations(Headers headers)
    {
        (RequestAdd, string setAuthority) = ToAdd(headers.Request?.Set, headers.Request?.Add);
        (ResponseAdd, _) = ToAdd(headers.Response?.Set, headers.Response?.Add);
        RequestRemove = ToRemove(headers.Request?.Remove);
        ResponseRemove = ToRemove(headers.Response?.Remove);
        Authority = setAuthority;
    }

    public IReadOnlyList<HeaderValueOption> RequestAdd { get; }

    public IReadOnlyList<HeaderValueOption> ResponseAdd { get; }

    public IReadOnlyList<string> RequestRemove { get; }

    public IReadOnlyList<string> ResponseRemove { get; }

    /// <summary>The authority that the rule sets, or empty.</summary>
    public string Authority { get; }

    public static HeaderOperations? From(Headers? headers) => headers is null ? null : new HeaderOperations(headers);

    private static (List<HeaderValueOption> Options, string Authority) ToAdd(MapField<string, string>? set, MapField<string, string>? add)
    {
        string authority = "";
        List<HeaderValueOption> options = [];
        Append(add, HeaderValueOption.Types.HeaderAppendAction.AppendIfExistsOrAdd);
        List<HeaderValueOption> appended = options;
        options = [];
        // What is set goes first and decides the authority when both name it.
        Append(set, HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd);
        options.AddRange(appended);
        return (options, authority);

        void Append(MapField<string, string>? headers, HeaderValueOption.Types.HeaderAppendAction action)
        {
            foreach ((string key, string value) in (headers ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                if (IsAuthority(key))
                    authority = value;
                if (!IsInternal(key))
                    options.Add(new HeaderValueOption { Header = new HeaderValue { Key = key, Value = value }, AppendAction = action });
            }
        }
    }

    private static List<string> ToRemove(RepeatedField<string>? names) => [.. (names ?? []).Where(name => !IsInternal(name))];

    private static bool IsInternal(string name) => name.StartsWith(':') || name.Equals("host", StringComparison.OrdinalIgnoreCase);

    private static bool IsAuthority(string name) =>
        name.Equals(":authority", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase);
}
