using Weft.Control.Configuration;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation;
using Weft.Resources;

namespace Weft.Control.Tests.Discovery;

/// <summary>Snapshots from YAML, for tests.</summary>
internal static class Mesh
{
    public static MeshSnapshot Of(string yaml, params WorkloadRegistration[] running) => Of(MeshOptions.Istio, yaml, running);

    public static MeshSnapshot Of(MeshOptions options, string yaml, params WorkloadRegistration[] running)
    {
        ReadResult read = ResourceReader.Read(yaml);
        Assert.DoesNotContain(read.Diagnostics, diagnostic => diagnostic.Level == DiagnosticLevel.Error);
        return MeshSnapshot.Build(ConfigSet.From(read.Objects), options, running);
    }

    public static ProxyResources Translate(this MeshSnapshot snapshot, string proxy) =>
        ProxyTranslator.Translate(snapshot, ProxyDescription.FromJson(proxy));

    public static ServiceModel Service(this MeshSnapshot snapshot, string host) => Assert.Single(snapshot.Registry.WithHost(host));

    public static WorkloadRegistration Process(string name, string app, string address, int port = 80) => new()
    {
        Name = name,
        Address = address,
        Labels = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("app", app),
        ServiceAccount = app,
        Ports = [new WorkloadPort("http", port, port, 40000 + port)],
    };
}
