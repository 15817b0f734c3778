namespace Bookshop.Storefront;

/// <summary>What a service answered: a value, or the sentence that says why there is none, with an HTTP status.</summary>
public sealed record Answer<T>(T? Value, string? Error, int Status) where T : class
{
    /// <summary>The same for a client of the JSON API.</summary>
    public IResult AsJson() => Value is not null
        ? Results.Json(Value, Shop.Json)
        : Results.Json(new { error = Error }, statusCode: Status is >= 400 and < 500 ? Status : 503);
}
