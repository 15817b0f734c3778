using Google.Protobuf.WellKnownTypes;

namespace Weft.Policy.Routes;

/// <summary>Reads durations of configuration.</summary>
internal static class Durations
{
    /// <summary>The duration, or null when it is not set; a negative one or one beyond ten thousand years is an error.</summary>
    public static TimeSpan? Read(Duration? duration, Place above, string field)
    {
        if (duration is null)
            return null;
        if (duration.Seconds is < 0 or > 315_576_000_000 || duration.Nanos is < 0 or > 999_999_999)
        {
            above.At(field).Error("the duration must be between 0 and 10,000 years.");
            return null;
        }

        return new TimeSpan(duration.Seconds * TimeSpan.TicksPerSecond + duration.Nanos / 100);
    }
}
