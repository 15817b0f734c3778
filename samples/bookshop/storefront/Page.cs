using System.Globalization;
using System.Net;
using System.Text;

namespace Bookshop.Storefront;

/// <summary>The two pages of the shop as HTML. Everything that comes from a service is encoded.</summary>
public static class Page
{
    /// <summary>All books.</summary>
    public static IResult Home(Answer<Book[]> books)
    {
        StringBuilder html = new();
        html.Append("<section class=hero><h1>Books that hold together</h1><p>Six classics, four small services, and a mesh between them that none of them knows of.</p></section>");
        if (books.Value is null)
            html.Append(CultureInfo.InvariantCulture, $"<p class=trouble>{Encode(books.Error)}</p>");
        html.Append("<section class=shelf>");
        foreach (Book book in books.Value ?? [])
        {
            html.Append(CultureInfo.InvariantCulture, $"<a class=card href=\"/books/{book.Id}\">{Cover(book)}<h2>{Encode(book.Title)}</h2><p>{Encode(book.Author)}</p><span class=price>€ {book.Price:0.00}</span></a>");
        }

        html.Append("</section>");
        return Whole("The Bookshop", html, books.Value is null ? 503 : 200);
    }

    /// <summary>One book with its reviews, and the panel that shows which version of reviews answers.</summary>
    public static IResult Book(Answer<Book> answer, Answer<BookReviews> reviews)
    {
        StringBuilder html = new("<p class=back><a href=\"/\">← all books</a></p>");
        if (answer.Value is not { } book)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=trouble>{Encode(answer.Error)}</p>");
            return Whole("The Bookshop", html, answer.Status is 404 ? 404 : 503);
        }

        string year = book.Year < 0 ? $"{-book.Year} BC" : book.Year.ToString(CultureInfo.InvariantCulture);
        html.Append(CultureInfo.InvariantCulture, $"""
            <article class=book>{Cover(book)}<div><h1>{Encode(book.Title)}</h1><p class=by>{Encode(book.Author)}, {year}</p>
            <p class=blurb>{Encode(book.Blurb)}</p><p class=price>€ {book.Price:0.00}</p></div></article><section class=reviews>
            """);
        AppendReviews(html, reviews);
        html.Append(CultureInfo.InvariantCulture, $"""
            </section><section class=versions data-book="{book.Id}"><h2>Which version answers?</h2>
            <p>Every dot is one request for these reviews, sent through the mesh.</p>
            <button type=button>Ask 50 times</button><div class=dots></div><p class=tally></p></section>
            <script src="/versions.js" defer></script>
            """);
        return Whole($"{book.Title} – The Bookshop", html, 200);
    }

    private static void AppendReviews(StringBuilder html, Answer<BookReviews> answer)
    {
        if (answer.Value is not { } found)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2>Reviews</h2><p class=trouble>{Encode(answer.Error)}</p>");
            return;
        }

        html.Append(CultureInfo.InvariantCulture, $"<h2>Reviews <small class=\"version {Encode(found.Version)}\">reviews {Encode(found.Version)}</small></h2>");
        if (found.Error is not null)
            html.Append(CultureInfo.InvariantCulture, $"<p class=trouble>{Encode(found.Error)}</p>");
        foreach (Review review in found.Reviews)
            html.Append(CultureInfo.InvariantCulture, $"<blockquote>{Stars(review.Rating)}<p>{Encode(review.Text)}</p><cite>{Encode(review.Reviewer)}</cite></blockquote>");
    }

    private static string Stars(Rating? rating)
    {
        if (rating is null)
            return "";
        int given = Math.Clamp(rating.Stars, 0, 5);
        return $"<span class=\"stars {(rating.Color == "red" ? "red" : "black")}\" title=\"{given} of 5\">{new string('★', given)}<i>{new string('★', 5 - given)}</i></span>";
    }

    private static string Cover(Book book) =>
        $"<div class=cover style=\"--hue:{book.Hue}\" aria-hidden=true><b>{Encode(book.Title)}</b><em>{Encode(book.Author)}</em></div>";

    private static IResult Whole(string title, StringBuilder body, int status) => Results.Content($"""
        <!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">
        <title>{Encode(title)}</title><link rel=stylesheet href="/style.css">
        <header><a href="/"><span class=mark aria-hidden=true></span>The Bookshop</a></header><main>{body}</main>
        <footer>storefront · catalog · reviews · ratings, woven together</footer></html>
        """, "text/html; charset=utf-8", Encoding.UTF8, status);

    private static string Encode(string? text) => WebUtility.HtmlEncode(text) ?? "";
}
