using Weft.Wire.Http;

namespace Weft.Proxy.Engine;

/// <summary>The value of the Date header, written once a second.</summary>
internal sealed class DateHeader
{
    private readonly byte[] _bytes = new byte[29];
    private long _second = -1;

    public ReadOnlySpan<byte> Bytes(WorkerClock clock)
    {
        long second = clock.WallNs / 1_000_000_000;
        if (second != _second)
        {
            _second = second;
            HttpDate.Format(DateTimeOffset.FromUnixTimeSeconds(second), _bytes);
        }

        return _bytes;
    }
}
