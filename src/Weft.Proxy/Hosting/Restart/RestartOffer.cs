using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Interop;

namespace Weft.Proxy.Hosting.Restart;

/// <summary>
/// The older process's side of a hot restart: waits for a newer one, gives it copies of the listening sockets, and lets go when that one is ready. Until
/// then nothing changes here, so a newer process that fails leaves no trace. One at a time. Runs on the thread pool; beside it costs one idle socket.
/// </summary>
internal sealed class RestartOffer : IAsyncDisposable
{
    private static readonly TimeSpan s_helloTime = TimeSpan.FromSeconds(5);
    private readonly Socket _listener;
    private readonly Func<(int Epoch, TimeSpan Age)> _facts;
    private readonly Func<Task<IReadOnlyList<HandedSocket>>> _copy;
    private readonly Func<Task> _letGo;
    private readonly ProxyLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private int _busy;

    /// <param name="address">See <see cref="RestartMessages.Meet"/>.</param>
    /// <param name="facts">Which process in the row this is, and for how long there has been one.</param>
    /// <param name="copy">Copies of all listening sockets; this object closes them.</param>
    /// <param name="letGo">Stops accepting everywhere. Called once, when the newer process serves.</param>
    /// <param name="log">What it says to people.</param>
    /// <exception cref="SocketException">The name is taken.</exception>
    public RestartOffer(UnixDomainSocketEndPoint address, Func<(int Epoch, TimeSpan Age)> facts, Func<Task<IReadOnlyList<HandedSocket>>> copy, Func<Task> letGo, ProxyLog log)
    {
        _facts = facts;
        _copy = copy;
        _letGo = letGo;
        _log = log;
        _listener = RestartMessages.NewSocket();
        try
        {
            _listener.Bind(address);
            _listener.Listen(4);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        _running = RunAsync();
    }

    /// <summary>Completes when another process has taken over.</summary>
    public Task Taken => _taken.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        List<Task> sessions = [];
        while (!_stop.IsCancellationRequested && !_taken.Task.IsCompleted)
        {
            try
            {
                Socket peer = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                sessions.RemoveAll(static session => session.IsCompleted);
                sessions.Add(ServeAsync(peer));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the other end is gone: the next one may do better.
                await Task.Delay(TimeSpan.FromMilliseconds(200), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync(Socket peer)
    {
        using (peer)
        {
            (int process, uint user) = DescriptorPassing.Peer(peer);
            try
            {
                if (user != Libc.EffectiveUser() && user != 0)
                {
                    _log.Warning($"Process {process} of user {user} asked for this proxy's sockets and did not get them: they are for the same user and root only.");
                    RestartMessages.Send(peer, RestartMessages.RefusalPrefix + "This proxy belongs to another user.");
                    return;
                }

                string hello = await ReceiveAsync(peer, s_helloTime).ConfigureAwait(false);
                if (hello != RestartMessages.TakeOver)
                    RestartMessages.Send(peer, $"{RestartMessages.RefusalPrefix}This proxy speaks {RestartMessages.Version} only.");
                else if (Interlocked.Exchange(ref _busy, 1) == 1)
                    RestartMessages.Send(peer, $"{RestartMessages.RefusalPrefix}Another process is taking over already.");
                else if (!await HandOverAsync(peer, process).ConfigureAwait(false))
                    Volatile.Write(ref _busy, 0);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // It is gone, or this process is about to be.
            }
        }
    }

    /// <summary>True when the other process serves now.</summary>
    private async Task<bool> HandOverAsync(Socket peer, int process)
    {
        try
        {
            await GiveCopiesAsync(peer).ConfigureAwait(false);
            _log.Info($"Process {process} has this proxy's sockets and gets ready to take over.");
            if (await ReceiveAsync(peer, Timeout.InfiniteTimeSpan).ConfigureAwait(false) != RestartMessages.Ready)
            {
                _log.Warning($"Process {process} did not take over: it ended before it was ready. This one goes on.");
                return false;
            }
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            _log.Warning($"Process {process} did not take over: {e.Message}. This one goes on.");
            return false;
        }

        // From here on the other one serves. Its next life needs the name.
        _listener.Dispose();
        await _letGo().ConfigureAwait(false);
        _log.Info($"Process {process} has taken over; this one finishes what it has begun.");
        try
        {
            RestartMessages.Send(peer, RestartMessages.Yours);
        }
        catch (SocketException)
        {
            // It does not wait for the word, or ended: its supervisor starts it again.
        }

        _taken.TrySetResult();
        return true;
    }

    private async Task GiveCopiesAsync(Socket peer)
    {
        IReadOnlyList<HandedSocket> copies = await _copy().ConfigureAwait(false);
        try
        {
            (int epoch, TimeSpan age) = _facts();
            RestartMessages.SendSockets(peer, epoch, age, copies);
        }
        finally
        {
            foreach (HandedSocket copy in copies) _ = Libc.Close(copy.Descriptor);
        }
    }

    /// <summary>The next message; empty when the other end is gone.</summary>
    private async Task<string> ReceiveAsync(Socket peer, TimeSpan timeout)
    {
        byte[] buffer = new byte[256];
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(timeout);
        try
        {
            int count = await peer.ReceiveAsync(buffer, limit.Token).ConfigureAwait(false);
            return Encoding.UTF8.GetString(buffer, 0, count);
        }
        catch (SocketException)
        {
            return "";
        }
    }
}
