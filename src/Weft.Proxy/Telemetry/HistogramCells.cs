namespace Weft.Proxy.Telemetry;

/// <summary>
/// A histogram as a run of cells: one for each bucket, not cumulated, one above the last bound, then the sum. The bounds are Envoy's
/// defaults, which Istio keeps, for times (milliseconds) and sizes (bytes) alike.
/// </summary>
internal static class HistogramCells
{
    /// <summary>Upper bounds, inclusive, in tenths so that 0.5 is whole.</summary>
    private static readonly long[] BoundsInTenths =
        [5, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 300000, 600000, 3000000, 6000000, 18000000, 36000000];

    public const int Buckets = 20;
    public const int Count = Buckets + 1;
    public const int Sum = Buckets;

    /// <summary>Bounds as Prometheus' <c>le</c> shows them.</summary>
    public static string[] BoundTexts { get; } =
    [
        "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000", "300000", "600000",
        "1800000", "3600000", "+Inf",
    ];

    /// <summary>Counts a value: <paramref name="tenths"/> in tenths of the bounds' unit, <paramref name="sum"/> in the unit of the sum.</summary>
    public static unsafe void Add(long* cells, long tenths, long sum)
    {
        long[] bounds = BoundsInTenths;
        int bucket = 0;
        // Small values are the common ones, and a short forward scan beats a search for them.
        while (bucket < bounds.Length && tenths > bounds[bucket]) bucket++;
        cells[bucket]++;
        cells[Sum] += sum;
    }
}
