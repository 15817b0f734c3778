namespace Bookshop.Storefront;

/// <summary>One review; without a rating when the service does not know ratings.</summary>
public sealed record Review(string Reviewer, string Text, Rating? Rating);
