namespace Weft.Identity;

/// <summary>How long certificates live.</summary>
public sealed record AuthorityOptions
{
    /// <summary>Istio's values.</summary>
    public static AuthorityOptions Default { get; } = new();

    /// <summary>A leaf's life when the request does not ask for one.</summary>
    public TimeSpan DefaultLeafLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The longest life of a leaf; longer requests get this.</summary>
    public TimeSpan MaxLeafLife { get; init; } = TimeSpan.FromDays(90);

    /// <summary>The life of a root that the authority makes for itself.</summary>
    public TimeSpan RootLife { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>How far before now a certificate starts to be valid, for peers whose clock is behind.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromMinutes(2);
}
