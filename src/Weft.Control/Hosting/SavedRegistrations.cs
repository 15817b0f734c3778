using System.Text.Json;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Hosting;

/// <summary>Registrations that a supervisor keeps as files, so that a control plane that starts anew knows the workloads that run.</summary>
internal static class SavedRegistrations
{
    /// <summary>Every readable registration; a broken file is reported and skipped.</summary>
    public static IEnumerable<WorkloadRegistration> Read(string? directory, Action<string> report)
    {
        if (directory is null || !Directory.Exists(directory))
            yield break;
        foreach (string file in Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal))
        {
            WorkloadRegistration? registration = null;
            try
            {
                using FileStream stream = File.OpenRead(file);
                registration = RegistrationJson.Read(stream);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                report($"The registration {file} cannot be read and is skipped until its supervisor registers again: {e.Message}");
            }

            if (registration is not null)
                yield return registration;
        }
    }
}
