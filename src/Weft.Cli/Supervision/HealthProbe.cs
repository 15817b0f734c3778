using System.Net;
using System.Net.Sockets;

namespace Weft.Cli.Supervision;

/// <summary>
/// Asks a program or a proxy whether it serves, over sockets that <paramref name="openSocket"/> opens where they run. Never goes
/// through a proxy; every question has a deadline.
/// </summary>
public sealed class HealthProbe(Func<Socket> openSocket) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (context, stop) =>
        {
            Socket socket = openSocket();
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, stop);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    });

    /// <summary>True when GET answers 200…399 within the deadline.</summary>
    public async Task<bool> AnswersAsync(Uri url, TimeSpan deadline, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(deadline);
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return (int)response.StatusCode is >= 200 and < 400;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>The body of a page that answers 200 within the deadline; null for any other outcome.</summary>
    public async Task<string?> ReadAsync(Uri url, TimeSpan deadline, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(deadline);
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(url, limit.Token);
            return response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadAsStringAsync(limit.Token) : null;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>True when the port accepts a connection within the deadline.</summary>
    public async Task<bool> AcceptsAsync(IPEndPoint address, TimeSpan deadline, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(deadline);
        try
        {
            using Socket socket = openSocket();
            await socket.ConnectAsync(address, limit.Token);
            return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Closes what is open.</summary>
    public void Dispose() => _client.Dispose();
}
