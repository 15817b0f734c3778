using System.Text.Json;
using System.Text.Json.Serialization;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Hosting;

/// <summary>Reads registrations, with code generated at build time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(RegistrationText))]
internal sealed partial class RegistrationJson : JsonSerializerContext
{
    /// <summary>Null for the text <c>null</c>; throws <see cref="JsonException"/> for what is no registration.</summary>
    public static async ValueTask<WorkloadRegistration?> ReadAsync(Stream stream, CancellationToken stop) =>
        (await JsonSerializer.DeserializeAsync(stream, Default.RegistrationText, stop))?.ToRegistration();

    /// <inheritdoc cref="ReadAsync"/>
    public static WorkloadRegistration? Read(Stream stream) => JsonSerializer.Deserialize(stream, Default.RegistrationText)?.ToRegistration();
}
