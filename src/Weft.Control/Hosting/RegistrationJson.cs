using System.Text.Json;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Hosting;

/// <summary>
/// Reads registrations. By reflection, not by generated code: generated code would set every member that the text leaves out to
/// nothing, and a registration without <c>healthy</c> is a healthy one.
/// </summary>
internal static class RegistrationJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>Null for the text <c>null</c>; throws <see cref="JsonException"/> for what is no registration.</summary>
    public static ValueTask<WorkloadRegistration?> ReadAsync(Stream stream, CancellationToken stop) =>
        JsonSerializer.DeserializeAsync<WorkloadRegistration>(stream, Options, stop);

    /// <inheritdoc cref="ReadAsync"/>
    public static WorkloadRegistration? Read(Stream stream) => JsonSerializer.Deserialize<WorkloadRegistration>(stream, Options);
}
