using System.CommandLine;
using System.Text.Json.Nodes;
using Istio.Mesh.V1Alpha1;
using Weft.Cli.Client;
using Weft.Cli.Output;
using Weft.Cli.Supervision;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>
/// <c>weft proxy-config</c>: what a proxy was given, as Envoy's canonical proto JSON, from the running mesh or from files alone.
/// </summary>
internal static class ProxyConfigCommand
{
    private static readonly string[] Kinds = ["listeners", "routes", "clusters", "endpoints"];

    public static Command Create(CommandContext context)
    {
        Argument<string> kind = new("WHAT") { Description = "listeners, routes, clusters, endpoints or all." };
        kind.AcceptOnlyFromAmong([.. Kinds, "all"]);
        Argument<string?> proxy = new("PROXY") { Arity = ArgumentArity.ZeroOrOne, Description = "A workload of the running mesh, or a proxy's node id." };
        Option<string[]> from = new("--from") { Description = "Files or directories, instead of the running mesh.", HelpName = "DIR_OR_FILE", AllowMultipleArgumentsPerToken = true };
        Option<string?> meshConfig = new("--mesh-config") { Description = "With --from: a mesh configuration.", HelpName = "FILE" };
        Option<string?> described = new("--as") { Description = "With --from: the proxy, as JSON.", HelpName = "JSON" };
        Option<OutputFormat> output = CommonOptions.Output();
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new(
            "proxy-config",
            "Show what a proxy was given.",
            "weft proxy-config clusters storefront",
            "weft proxy-config all reviews-v1 -o json",
            "weft proxy-config routes --from mesh/ --as '{\"type\":\"router\",\"labels\":{\"istio\":\"ingressgateway\"}}' -o json")
        {
            kind, proxy, from, meshConfig, described, output, state,
        };
        command.Aliases.Add("pc");
        command.SetAction(async (parsed, stop) =>
        {
            JsonObject dump = parsed.GetValue(from) is { Length: > 0 } sources
                ? FromFiles(context, sources, parsed.GetValue(meshConfig), parsed.GetValue(described))
                : await FromMeshAsync(context, parsed.GetValue(state), parsed.GetValue(proxy), stop);
            string[] wanted = parsed.GetValue(kind) is "all" or null ? Kinds : [parsed.GetValue(kind)!];
            if (parsed.GetValue(output) == OutputFormat.Table)
                ProxyConfigTables.Write(context.Terminal, dump, wanted);
            else
                Structured.Write(context.Terminal, parsed.GetValue(output), Only(dump, wanted));
            return ExitCode.Ok;
        });
        return command;
    }

    private static JsonObject Only(JsonObject dump, string[] wanted)
    {
        JsonObject only = [];
        foreach (string kind in wanted)
            only[kind] = dump[kind]?.DeepClone() ?? new JsonArray();
        return only;
    }

    // What validation refuses is told on stderr and left out, as in a running mesh.
    private static JsonObject FromFiles(CommandContext context, string[] sources, string? meshConfig, string? described)
    {
        InputFiles files = new(context);
        List<ReadResult> results = [.. files.Read(sources)];
        if (meshConfig is not null)
        {
            using FileStream stream = files.Open(meshConfig);
            ReadResult result = ResourceReader.ReadMeshConfig(stream, meshConfig);
            if (!result.Objects.Any(item => item is { IsValid: true, Spec: MeshConfig }))
                throw new CliException($"{meshConfig} holds no mesh configuration: {(result.Diagnostics.Count > 0 ? result.Diagnostics[0].ToString() : "it is empty.")}");
            results.Add(result);
        }

        if (files.Unreadable.Count > 0)
            throw new CliException(files.Unreadable[0]);
        foreach (Diagnostic finding in results.SelectMany(result => result.Diagnostics).Where(finding => finding.Level != DiagnosticLevel.Info))
            context.Terminal.Error.WriteLine(DiagnosticText.Of(finding, context.Terminal.ForError));
        List<ResourceObject> objects = [.. results.SelectMany(result => result.Objects).Where(item => item.IsValid)];
        return ConfigDump.Build(MeshSnapshot.Build(ConfigSet.From(objects), MeshOptions.Istio), Describe(described ?? "{}"));
    }

    private static ProxyDescription Describe(string json)
    {
        try
        {
            return ProxyDescription.FromJson(json);
        }
        catch (FormatException error)
        {
            throw new CliException($"--as is not understood: {error.Message}", inner: error);
        }
    }

    private static async Task<JsonObject> FromMeshAsync(CommandContext context, string? state, string? proxy, CancellationToken stop)
    {
        StateDirectory directory = StateDirectory.Locate(state, context.Environment);
        directory.RequireRunning();
        if (proxy is null)
            throw new CliException("Say which proxy: 'weft proxy-config WHAT PROXY'; 'weft status' lists the workloads.");
        using SupervisorClient supervisor = new(directory);
        MeshReport report = await supervisor.ReportAsync(stop);
        string node = report.Workloads.FirstOrDefault(workload => workload.Name == proxy || $"{workload.Namespace}/{workload.Name}" == proxy)?.NodeId
            ?? (proxy.Contains('~', StringComparison.Ordinal) ? proxy : throw new CliException($"No workload is called '{proxy}'; 'weft status' lists them.", ExitCode.Problems));
        using ControlPlaneClient client = new(directory, context.Clock);
        return JsonNode.Parse(await client.ConfigDumpAsync(node, stop))!.AsObject();
    }
}
