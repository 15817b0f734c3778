using System.Text.Json;

namespace Bookshop.Storefront;

/// <summary>The services behind the storefront. A service that cannot be reached is an answer with an error, never an exception.</summary>
public sealed class Shop(HttpClient client, Uri catalog, Uri reviews)
{
    /// <summary>camelCase on both sides.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // Headers that tie the requests of one visitor together, whichever tracing format is in use.
    private static readonly string[] TraceHeaders =
    [
        "x-request-id", "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
        "x-b3-sampled", "x-b3-flags", "end-user",
    ];

    /// <summary>Every book in the catalog.</summary>
    public Task<Answer<Book[]>> GetBooks(HttpRequest visitor) => Get<Book[]>(new Uri(catalog, "/books"), visitor);

    /// <summary>One book of the catalog.</summary>
    public Task<Answer<Book>> GetBook(int id, HttpRequest visitor) => Get<Book>(new Uri(catalog, $"/books/{id}"), visitor);

    /// <summary>The reviews of one book.</summary>
    public Task<Answer<BookReviews>> GetReviews(int id, HttpRequest visitor) => Get<BookReviews>(new Uri(reviews, $"/reviews/{id}"), visitor);

    private async Task<Answer<T>> Get<T>(Uri address, HttpRequest visitor) where T : class
    {
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        foreach (string name in TraceHeaders)
        {
            if (visitor.Headers.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues value))
                request.Headers.TryAddWithoutValidation(name, (string?)value);
        }

        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, visitor.HttpContext.RequestAborted);
            string body = await response.Content.ReadAsStringAsync(visitor.HttpContext.RequestAborted);
            return response.IsSuccessStatusCode
                ? new Answer<T>(JsonSerializer.Deserialize<T>(body, Json), null, 200)
                : new Answer<T>(null, $"{address.Host} answered {(int)response.StatusCode}: {body}", (int)response.StatusCode);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or TaskCanceledException)
        {
            return new Answer<T>(null, $"{address.Host} cannot be reached: {error.Message}", 503);
        }
    }
}
