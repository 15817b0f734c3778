using System.Globalization;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>
/// What a program is told by its environment: where to listen, how to reach the mesh (the proxy that HTTP clients honour, and
/// Kubernetes' variables for each service), and what its Workload says, which wins.
/// </summary>
public static class AppEnvironment
{
    /// <summary>The outbound HTTP proxy's port at the workload's address.</summary>
    public const int HttpProxyPort = 15080;

    private const string Direct = "localhost,127.0.0.1,::1";

    /// <summary>Variables for a program in loopback mode.</summary>
    public static Dictionary<string, string?> Loopback(WorkloadDefinition workload, LoopbackPrefix prefix, int appPort, IEnumerable<NameReply> names)
    {
        string proxy = $"http://{prefix.Address}:{HttpProxyPort.ToString(CultureInfo.InvariantCulture)}";
        Dictionary<string, string?> variables = new()
        {
            ["HOST"] = "127.0.0.1",
            ["HTTP_PROXY"] = proxy,
            ["http_proxy"] = proxy,
            ["NO_PROXY"] = Direct,
            ["no_proxy"] = Direct,
        };
        Complete(variables, workload, appPort, names);
        return variables;
    }

    /// <summary>Variables for a program whose traffic is captured below it.</summary>
    public static Dictionary<string, string?> Transparent(WorkloadDefinition workload, int appPort, IEnumerable<NameReply> names)
    {
        Dictionary<string, string?> variables = new()
        {
            ["HOST"] = "0.0.0.0",
            ["HTTP_PROXY"] = null,
            ["http_proxy"] = null,
        };
        Complete(variables, workload, appPort, names);
        return variables;
    }

    private static void Complete(Dictionary<string, string?> variables, WorkloadDefinition workload, int appPort, IEnumerable<NameReply> names)
    {
        if (appPort > 0)
            variables["PORT"] = appPort.ToString(CultureInfo.InvariantCulture);
        foreach (NameReply name in names)
            AddService(variables, name);
        foreach ((string key, string value) in workload.Environment)
            variables[key] = value;
    }

    // As Kubernetes does: REVIEWS_SERVICE_HOST, REVIEWS_SERVICE_PORT (the first port), REVIEWS_SERVICE_PORT_HTTP.
    private static void AddService(Dictionary<string, string?> variables, NameReply name)
    {
        if (name.Address.Length == 0 || name.Ports.Count == 0 || name.Host.Contains('*', StringComparison.Ordinal))
            return;
        string prefix = Word(name.Host.Split('.')[0]) + "_SERVICE_";
        if (variables.ContainsKey(prefix + "HOST"))
            return;
        variables[prefix + "HOST"] = name.Address;
        variables[prefix + "PORT"] = name.Ports.Values.First().ToString(CultureInfo.InvariantCulture);
        foreach ((string port, int number) in name.Ports)
            variables[$"{prefix}PORT_{Word(port)}"] = number.ToString(CultureInfo.InvariantCulture);
    }

    private static string Word(string name) =>
        string.Concat(name.ToUpperInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));
}
