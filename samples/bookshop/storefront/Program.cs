// The bookshop's storefront: a web page and a JSON API over the catalog and reviews services.
//
// Listens on HOST:PORT (default 0.0.0.0:9080). CATALOG_URL and REVIEWS_URL say where the services are
// (default http://catalog:9080 and http://reviews:9080); HttpClient honours http_proxy by itself.
//   GET /                        the shop
//   GET /books/ID                one book with its reviews
//   GET /api/books               what the catalog says
//   GET /api/books/ID            one book with its reviews
//   GET /api/books/ID/reviews    what reviews says
//   GET /health                  200 when it serves
using System.Net;
using Bookshop.Storefront;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
string host = builder.Configuration["HOST"] ?? "0.0.0.0";
int port = int.Parse(builder.Configuration["PORT"] ?? "9080", System.Globalization.CultureInfo.InvariantCulture);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(host), port));
builder.Logging.SetMinimumLevel(LogLevel.Warning);

Uri catalog = new(builder.Configuration["CATALOG_URL"] ?? "http://catalog:9080");
Uri reviews = new(builder.Configuration["REVIEWS_URL"] ?? "http://reviews:9080");
using HttpClient client = new(new SocketsHttpHandler { ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(5) })
{
    Timeout = TimeSpan.FromSeconds(10),
};
Shop shop = new(client, catalog, reviews);

WebApplication app = builder.Build();
app.UseStaticFiles();

app.MapGet("/", async (HttpRequest visitor) => Page.Home(await shop.GetBooks(visitor)));
app.MapGet("/books/{id:int}", async (int id, HttpRequest visitor) =>
{
    Answer<Book> book = await shop.GetBook(id, visitor);
    return Page.Book(book, book.Value is null ? new(null, null, 404) : await shop.GetReviews(id, visitor));
});
app.MapGet("/api/books", async (HttpRequest visitor) => (await shop.GetBooks(visitor)).AsJson());
app.MapGet("/api/books/{id:int}", async (int id, HttpRequest visitor) =>
{
    Answer<Book> book = await shop.GetBook(id, visitor);
    if (book.Value is null)
        return book.AsJson();
    Answer<BookReviews> answer = await shop.GetReviews(id, visitor);
    return Results.Json(new { book = book.Value, reviews = answer.Value, reviewsError = answer.Error }, Shop.Json);
});
app.MapGet("/api/books/{id:int}/reviews", async (int id, HttpRequest visitor) => (await shop.GetReviews(id, visitor)).AsJson());
app.MapGet("/health", () => Results.Text("""{"status":"ok"}""", "application/json"));

app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"storefront listens on {host}:{port}"));
await app.RunAsync();
