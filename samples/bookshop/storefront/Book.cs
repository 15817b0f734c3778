namespace Bookshop.Storefront;

/// <summary>A book of the catalog; <paramref name="Hue"/> is the colour of its cover in degrees.</summary>
public sealed record Book(int Id, string Title, string Author, int Year, decimal Price, int Hue, string Blurb);
