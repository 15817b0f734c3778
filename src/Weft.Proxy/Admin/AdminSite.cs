using System.Net;
using System.Text;

namespace Weft.Proxy.Admin;

/// <summary>The pages of one admin port. Immutable; finds the page for a request and says no in the right way.</summary>
public sealed class AdminSite
{
    private readonly Dictionary<string, AdminPage> _pages;

    /// <param name="pages">Unique by path.</param>
    /// <param name="loopbackOnly">
    /// True for ports that show or change internals: refuse requests that a web page could have caused, see <see cref="LoopbackGuard"/>.
    /// </param>
    public AdminSite(IEnumerable<AdminPage> pages, bool loopbackOnly)
    {
        _pages = pages.ToDictionary(page => page.Path, StringComparer.Ordinal);
        LoopbackOnly = loopbackOnly;
        if (loopbackOnly)
        {
            _pages.Add("/help", new AdminPage("/help", false, "lists these pages", _ => AdminResponse.Text(Help())));
            _pages.Add("/", new AdminPage("/", false, "these pages as links", _ => Index()));
        }
    }

    public bool LoopbackOnly { get; }

    /// <summary>The answer to a request.</summary>
    public AdminResponse Answer(AdminRequest request)
    {
        if (!_pages.TryGetValue(request.Path, out AdminPage? page))
            return AdminResponse.Text(LoopbackOnly ? "There is no such page; /help lists them.\n" : "There is no such page.\n", 404);
        string allowed = page.ChangesState ? "POST" : "GET, HEAD";
        bool fits = page.ChangesState ? request.Method == "POST" : request.Method is "GET" or "HEAD";
        if (fits) return page.Answer(request);
        string why = page.ChangesState ? "changes the proxy and" : "only shows something and";
        return AdminResponse.Text($"{page.Path} {why} takes only {allowed}.\n", 405).With("allow", allowed);
    }

    private IEnumerable<AdminPage> Sorted => _pages.Values.OrderBy(page => page.Path, StringComparer.Ordinal);

    private string Help()
    {
        StringBuilder text = new("admin pages are:\n");
        foreach (AdminPage page in Sorted)
            text.Append("  ").Append(page.Path).Append(page.ChangesState ? " (POST)" : "").Append(": ").Append(page.Help).Append('\n');
        return text.ToString();
    }

    private AdminResponse Index()
    {
        StringBuilder html = new("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>weft-proxy</title><h1>weft-proxy</h1><ul>");
        foreach (AdminPage page in Sorted)
        {
            string path = WebUtility.HtmlEncode(page.Path);
            string link = page.ChangesState ? $"<code>POST {path}</code>" : $"<a href=\"{path}\">{path}</a>";
            html.Append("<li>").Append(link).Append(": ").Append(WebUtility.HtmlEncode(page.Help)).Append("</li>");
        }

        html.Append("</ul></html>\n");
        byte[] bytes = Encoding.UTF8.GetBytes(html.ToString());
        return AdminResponse.Streamed("text/html; charset=utf-8", stream => stream.Write(bytes));
    }
}
