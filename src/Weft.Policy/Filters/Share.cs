using Envoy.Type.V3;

namespace Weft.Policy.Filters;

/// <summary>A share of requests, exact to its denominator (Envoy's FractionalPercent: hundredths, ten-thousandths or millionths).</summary>
/// <param name="Numerator">How many of <paramref name="Denominator"/>; more than that means all.</param>
/// <param name="Denominator">At least 1.</param>
public readonly record struct Share(uint Numerator, uint Denominator)
{
    /// <summary>Every request.</summary>
    public static Share All { get; } = new(1, 1);

    /// <summary>No request.</summary>
    public static Share None { get; } = new(0, 1);

    /// <summary>Whether a request with this random number, evenly spread over all 64 bits, belongs to the share.</summary>
    public bool Takes(ulong random) => random % Denominator < Numerator;

    /// <summary>The share that a configuration gives; nothing said is <paramref name="unset"/>.</summary>
    public static Share Of(FractionalPercent? percent, Share unset) => percent is null
        ? unset
        : new(percent.Numerator, percent.Denominator switch
        {
            FractionalPercent.Types.DenominatorType.TenThousand => 10_000,
            FractionalPercent.Types.DenominatorType.Million => 1_000_000,
            _ => 100,
        });

    /// <summary>The share in percent.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100.0 * Numerator / Denominator} %");
}
