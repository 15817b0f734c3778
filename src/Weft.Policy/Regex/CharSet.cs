namespace Weft.Policy.Regex;

/// <summary>A set of Unicode code points as sorted, disjoint ranges.</summary>
internal sealed class CharSet
{
    public const int MaxRune = 0x10FFFF;
    private readonly List<(int Low, int High)> _ranges = [];

    public IReadOnlyList<(int Low, int High)> Ranges => _ranges;

    /// <summary>True when the set was made by excluding, so that it means "anything but": it then also takes bytes that are not UTF-8.</summary>
    public bool IsNegated { get; private set; }

    public static CharSet Of(params ReadOnlySpan<(int Low, int High)> ranges)
    {
        CharSet set = new();
        foreach ((int low, int high) in ranges)
            set.Add(low, high);
        return set;
    }

    public static CharSet AnyExcept(params ReadOnlySpan<(int Low, int High)> ranges) => Of(ranges).Negate();

    public CharSet Add(int low, int high)
    {
        _ranges.Add((low, high));
        Normalise();
        return this;
    }

    public CharSet Add(CharSet other)
    {
        _ranges.AddRange(other._ranges);
        IsNegated |= other.IsNegated;
        Normalise();
        return this;
    }

    public CharSet Negate()
    {
        List<(int, int)> gaps = [];
        int next = 0;
        foreach ((int low, int high) in _ranges)
        {
            if (low > next)
                gaps.Add((next, low - 1));
            next = high + 1;
        }

        if (next <= MaxRune)
            gaps.Add((next, MaxRune));
        _ranges.Clear();
        _ranges.AddRange(gaps);
        IsNegated = !IsNegated;
        return this;
    }

    /// <summary>Adds the other case of each letter. Beyond ASCII only ranges of up to 1,024 code points are folded, which covers every script's block.</summary>
    public CharSet Fold()
    {
        foreach ((int low, int high) in _ranges.ToArray())
        {
            if (high - low > 1024)
            {
                FoldSpan(Math.Max(low, 'A'), Math.Min(high, 'z'));
                continue;
            }

            FoldSpan(low, high);
        }

        Normalise();
        return this;
    }

    private void FoldSpan(int low, int high)
    {
        for (int rune = low; rune <= high; rune++)
        {
            if (rune is >= 0xD800 and <= 0xDFFF || rune > 0xFFFF)
                continue;
            char upper = char.ToUpperInvariant((char)rune), lower = char.ToLowerInvariant((char)rune);
            if (upper != rune)
                _ranges.Add((upper, upper));
            if (lower != rune)
                _ranges.Add((lower, lower));
            AddFoldOrbit(rune, 'k', 0x212A);
            AddFoldOrbit(rune, 's', 0x17F);
        }
    }

    /// <summary>The Kelvin sign and the long s fold to ASCII letters, in RE2 as in Unicode.</summary>
    private void AddFoldOrbit(int rune, char letter, int other)
    {
        if (rune == letter || rune == letter - 32)
            _ranges.Add((other, other));
        else if (rune == other)
            _ranges.AddRange([(letter, letter), (letter - 32, letter - 32)]);
    }

    private void Normalise()
    {
        _ranges.Sort();
        int kept = 0;
        for (int i = 1; i < _ranges.Count; i++)
        {
            if (_ranges[i].Low <= _ranges[kept].High + 1)
                _ranges[kept] = (_ranges[kept].Low, Math.Max(_ranges[kept].High, _ranges[i].High));
            else
                _ranges[++kept] = _ranges[i];
        }

        if (_ranges.Count > kept + 1)
            _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
    }
}
