namespace Bookshop.Storefront;

/// <summary>One to five stars, and the colour to draw them in.</summary>
public sealed record Rating(int Stars, string Color);
