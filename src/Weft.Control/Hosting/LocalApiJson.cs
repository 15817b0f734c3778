using System.Text.Json.Serialization;

namespace Weft.Control.Hosting;

/// <summary>JSON of the local API, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(RegistrationReply))]
[JsonSerializable(typeof(NameReply[]))]
[JsonSerializable(typeof(ProxyReply[]))]
[JsonSerializable(typeof(DiagnosticReply[]))]
[JsonSerializable(typeof(ResourceReply[]))]
internal sealed partial class LocalApiJson : JsonSerializerContext;
