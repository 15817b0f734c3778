using System.Net.Http.Json;
using System.Net;
using System.Text.Json;
using Weft.Cli.Client;
using Weft.Control.Discovery.Registry;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>
/// Talks to the control plane over its Unix socket. Every registration is also a file in <see cref="StateDirectory.Registrations"/>:
/// a control plane that starts anew reads them before it serves. Thread-safe.
/// </summary>
public sealed class ControlPlaneClient(StateDirectory state, TimeProvider clock) : IControlPlane, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient _client = UnixHttp.Connect(state.ControlSocket, Deadline);

    /// <summary>True when it serves.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        // It is asked often while it starts; an attempt that fails costs more than a look.
        if (!File.Exists(state.ControlSocket))
            return false;
        try
        {
            using HttpResponseMessage response = await _client.GetAsync("/v1/ready", stop);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<string> RegisterAsync(WorkloadRegistration registration, CancellationToken stop)
    {
        CliException? unsaved = Save(registration);
        string path = $"/v1/workloads/{Uri.EscapeDataString(registration.Namespace)}/{Uri.EscapeDataString(registration.Name)}";
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await _client.PutAsJsonAsync(path, registration, ControlJson.Default.WorkloadRegistration, stop);
                string body = await response.Content.ReadAsStringAsync(stop);
                if (response.IsSuccessStatusCode && unsaved is not null)
                    throw unsaved;
                if (response.IsSuccessStatusCode)
                    return JsonSerializer.Deserialize(body, ControlJson.Default.RegistrationReply)!.Token;
                throw new CliException($"The control plane refuses the workload {registration.Namespace}/{registration.Name}: {body}");
            }
            catch (HttpRequestException) when (!stop.IsCancellationRequested)
            {
                // It is being started again, and is asked until it answers.
                await Task.Delay(RetryPause, clock, stop);
            }
        }
    }

    // The control plane that runs is told all the same: only one that starts anew would not know.
    private CliException? Save(WorkloadRegistration registration)
    {
        try
        {
            StateDirectory.WritePrivate(
                state.RegistrationFile(registration.Namespace, registration.Name), JsonSerializer.Serialize(registration, ControlJson.Default.WorkloadRegistration));
            return null;
        }
        catch (CliException error)
        {
            return error;
        }
    }

    /// <inheritdoc/>
    public async Task UnregisterAsync(string ns, string name, CancellationToken stop)
    {
        File.Delete(state.RegistrationFile(ns, name));
        await AskAsync("removing a workload", async () =>
        {
            using HttpResponseMessage response = await _client.DeleteAsync($"/v1/workloads/{Uri.EscapeDataString(ns)}/{Uri.EscapeDataString(name)}", stop);
            return response.StatusCode == HttpStatusCode.NotFound ? response : response.EnsureSuccessStatusCode();
        }, stop);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<NameReply>> NamesAsync(string ns, string name, LoopbackPrefix? prefix, CancellationToken stop) =>
        AskAsync<IReadOnlyList<NameReply>>("reading the mesh's names", async () =>
            await _client.GetFromJsonAsync($"/v1/names?namespace={Uri.EscapeDataString(ns)}&workload={Uri.EscapeDataString(name)}&loopback={prefix}", ControlJson.Default.NameReplyArray, stop) ?? [], stop);

    /// <summary>What the control plane knows of each proxy.</summary>
    public Task<IReadOnlyList<ProxyReply>> ProxiesAsync(CancellationToken stop) =>
        AskAsync<IReadOnlyList<ProxyReply>>("reading the proxies' state", async () =>
            await _client.GetFromJsonAsync("/v1/proxies", ControlJson.Default.ProxyReplyArray, stop) ?? [], stop);

    /// <summary>What one proxy was given, as JSON text.</summary>
    public Task<string> ConfigDumpAsync(string nodeId, CancellationToken stop) =>
        AskAsync("reading a proxy's configuration", () => _client.GetStringAsync($"/v1/config?node={Uri.EscapeDataString(nodeId)}", stop), stop);

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _client.Dispose();

    private static async Task<T> AskAsync<T>(string purpose, Func<Task<T>> ask, CancellationToken stop)
    {
        try
        {
            return await ask();
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or IOException || (error is OperationCanceledException && !stop.IsCancellationRequested))
        {
            throw new CliException($"The control plane does not answer ({purpose}): {error.Message}", inner: error);
        }
    }
}
