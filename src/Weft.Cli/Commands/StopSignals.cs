using System.Runtime.InteropServices;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP as a cancellation. The first asks for an orderly end; another one a second later or more ends this
/// process at once, and the guard of the child processes ends them. (One Ctrl-C can arrive twice: by the terminal and by a parent.)
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _source;
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action _onFirst;
    private long _first;

    public StopSignals(Action onFirst, CancellationToken stop)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _onFirst = onFirst;
        _registrations = [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP]).Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        long now = TimeProvider.System.GetTimestamp();
        long first = Interlocked.CompareExchange(ref _first, now, 0);
        if (first == 0)
        {
            _onFirst();
            _source.Cancel();
        }
        else if (TimeProvider.System.GetElapsedTime(first, now) > Patience)
        {
            Signals.Send(Environment.ProcessId, Signals.Kill);
        }
    }
}
