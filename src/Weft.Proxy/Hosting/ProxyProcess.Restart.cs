using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Hosting.Restart;
using Weft.Proxy.Interop;
using Weft.Xds;

namespace Weft.Proxy.Hosting;

/// <summary>Hot restart (ADR 8): taking the place of an older process, and giving it to a newer one.</summary>
public sealed partial class ProxyProcess
{
    private static readonly TimeSpan s_readyTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_readyPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_settleTime = TimeSpan.FromSeconds(5);
    private readonly TaskCompletionSource _never = new();
    private Predecessor? _predecessor;
    private RestartOffer? _offer;

    /// <summary>Completes when a newer process has taken over; then <see cref="StopAsync"/> is due.</summary>
    public Task TakenOver => _offer?.Taken ?? _never.Task;

    /// <summary>How many processes of this proxy there were before, each replaced by the next while serving; Envoy's restart epoch.</summary>
    public int Epoch => _predecessor is { } predecessor ? predecessor.Epoch + 1 : 0;

    private bool WasTakenOver => _offer is { Taken.IsCompleted: true };

    /// <summary>For how long there has been a process of this proxy.</summary>
    private TimeSpan Age => _time.GetElapsedTime(_started) + (_predecessor?.Age ?? TimeSpan.Zero);

    /// <summary>Gets the sockets of the process that serves now; it goes on serving.</summary>
    private void Introduce()
    {
        _predecessor = Predecessor.Ask(_bootstrap.AdminAddress, _inherited!);
        _log.Info($"Has the sockets of process {_predecessor.ProcessId} and gets ready to take over.");
    }

    /// <summary>Waits until this process can serve all that the older one serves, begins, and has the older one let go. Until the last step a failure changes nothing there.</summary>
    private async Task TakeOverAsync(Predecessor predecessor, CancellationToken stop)
    {
        long start = _time.GetTimestamp();
        while (WaitingToTakeOver() is { Length: > 0 } why)
        {
            if (_time.GetElapsedTime(start) >= s_readyTime)
                throw new ProxyStartException(string.Create(CultureInfo.InvariantCulture, $"Not ready to take over within {s_readyTime.TotalSeconds:0} s, so process {predecessor.ProcessId} goes on. {why}"));
            await Task.Delay(s_readyPoll, _time, stop).ConfigureAwait(false);
        }

        await _engine.SettleAsync(s_settleTime).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        await _engine.OpenListenersAsync(s_settleTime).ConfigureAwait(false);
        predecessor.LetGo();
        OpenOwnPorts();
        predecessor.Dispose();
        _log.Info($"Took over from process {predecessor.ProcessId}.");
    }

    /// <summary>Stricter than readiness: a cluster without endpoints yet would fail requests that the older process can serve.</summary>
    private string WaitingToTakeOver()
    {
        if (WaitingFor() is { Length: > 0 } why) return why;
        if (_bootstrap.Store.Report().FirstOrDefault(static r => r.TypeUrl == XdsTypeUrls.Cluster && r.IsWarming) is { } cluster)
            return $"Waiting for the endpoints of cluster '{cluster.Name}'.";
        return _engine.HasLookedUpNames ? "" : "Waiting for the addresses of clusters with names.";
    }

    private void OfferRestart()
    {
        if (RestartMessages.Meet(_bootstrap.AdminAddress) is not { } address) return;
        try
        {
            _offer = new RestartOffer(address, () => (Epoch, Age), CopySocketsAsync, LetGoAsync, _log);
        }
        catch (SocketException e)
        {
            _log.Warning($"This proxy cannot be replaced while it serves (--take-over): its name for that, after the admin address {_bootstrap.AdminAddress}, cannot be had: {e.Message}.");
        }
    }

    private async Task<IReadOnlyList<HandedSocket>> CopySocketsAsync()
    {
        List<HandedSocket> copies = [];
        foreach ((string listener, int descriptor) in await _engine.CopyListenSocketsAsync(s_settleTime).ConfigureAwait(false))
            copies.Add(new HandedSocket(HandedSocketKind.Listener, listener, descriptor));
        foreach ((IPEndPoint admin, Socket socket) in _admin?.Sockets ?? []) copies.Add(new HandedSocket(HandedSocketKind.Admin, admin.ToString(), SharedSocket.Copy(socket)));
        if (_dns is { } dns)
        {
            (Socket datagrams, Socket connections) = dns.Sockets;
            copies.Add(new HandedSocket(HandedSocketKind.DnsDatagrams, "", SharedSocket.Copy(datagrams)));
            copies.Add(new HandedSocket(HandedSocketKind.DnsConnections, "", SharedSocket.Copy(connections)));
        }

        return copies;
    }

    /// <summary>Nothing new is taken here from now on. The control plane is left, too: it knows this proxy by its name, and that is the newer process now.</summary>
    private async Task LetGoAsync()
    {
        _target.StartDraining();
        _admin?.HandOver();
        if (_dns is { } dns) await dns.HandOverAsync().ConfigureAwait(false);
        await _discoveryStop.CancelAsync().ConfigureAwait(false);
        _ = _engine.DrainAsync(TimeSpan.Zero);
    }
}
