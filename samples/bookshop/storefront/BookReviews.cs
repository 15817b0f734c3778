namespace Bookshop.Storefront;

/// <summary>The reviews of one book, and which version of the reviews service wrote them down.</summary>
public sealed record BookReviews(int Book, string Version, Review[] Reviews, string? Error);
