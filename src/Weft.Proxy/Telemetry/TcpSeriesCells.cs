namespace Weft.Proxy.Telemetry;

/// <summary>Where the standard TCP metrics lie in the cells of a series.</summary>
internal static class TcpSeriesCells
{
    public const int Opened = 0;
    public const int Closed = 1;
    public const int Sent = 2;
    public const int Received = 3;
    public const int Stride = 4;
}
