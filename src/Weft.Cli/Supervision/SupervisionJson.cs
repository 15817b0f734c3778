using System.Text.Json.Serialization;

namespace Weft.Cli.Supervision;

/// <summary>JSON of the supervisor's API and files, generated at build time: no reflection at start.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(MeshDescription))]
[JsonSerializable(typeof(MeshReport))]
internal sealed partial class SupervisionJson : JsonSerializerContext;

/// <summary>The same, one object a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(ProxyReplacement))]
internal sealed partial class LineJson : JsonSerializerContext;
