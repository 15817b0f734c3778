using System.Text.Json.Serialization;
using Weft.Control.Hosting;

using Weft.Control.Discovery.Registry;

namespace Weft.Cli.Supervision;

/// <summary>JSON of the control plane's local API, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(WorkloadRegistration))]
[JsonSerializable(typeof(RegistrationReply))]
[JsonSerializable(typeof(NameReply[]))]
[JsonSerializable(typeof(ProxyReply[]))]
internal sealed partial class ControlJson : JsonSerializerContext;
