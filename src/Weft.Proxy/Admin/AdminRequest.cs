namespace Weft.Proxy.Admin;

/// <summary>One request to an admin port; its body was read and thrown away, for no page takes one.</summary>
public sealed class AdminRequest
{
    private readonly List<KeyValuePair<string, string>> _query = [];

    /// <param name="method">As received.</param>
    /// <param name="path">Without the query, percent-decoded.</param>
    /// <param name="query">Without its question mark, as received.</param>
    public AdminRequest(string method, string path, string query)
    {
        Method = method;
        Path = path;
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            string name = equals < 0 ? pair : pair[..equals];
            string value = equals < 0 ? "" : pair[(equals + 1)..];
            _query.Add(new(Decode(name), Decode(value)));
        }
    }

    public string Method { get; }

    public string Path { get; }

    /// <summary>All parameters in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query => _query;

    /// <summary>The first value of a query parameter; empty when it stands without a value, null when it is not there.</summary>
    public string? Parameter(string name)
    {
        foreach ((string key, string value) in _query)
        {
            if (key == name) return value;
        }

        return null;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
