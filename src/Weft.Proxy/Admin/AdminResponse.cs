using System.Text;

namespace Weft.Proxy.Admin;

/// <summary>What a page answers: either text that is ready or a writer that makes the body while it is sent.</summary>
public sealed class AdminResponse
{
    private AdminResponse(int status, string contentType, Action<Stream> write)
    {
        Status = status;
        ContentType = contentType;
        Write = write;
    }

    public int Status { get; }

    public string ContentType { get; }

    /// <summary>Writes the body; runs on the connection's thread.</summary>
    public Action<Stream> Write { get; }

    /// <summary>Runs after the answer was sent, for what ends the process.</summary>
    public Action? Afterwards { get; private init; }

    /// <summary>A header beside the usual ones, for example <c>Allow</c>.</summary>
    public KeyValuePair<string, string>? Header { get; private init; }

    /// <summary>Plain text.</summary>
    public static AdminResponse Text(string text, int status = 200) =>
        Streamed("text/plain; charset=utf-8", stream => stream.Write(Encoding.UTF8.GetBytes(text)), status);

    /// <summary>A body that is made while it is sent.</summary>
    public static AdminResponse Streamed(string contentType, Action<Stream> write, int status = 200) => new(status, contentType, write);

    /// <summary>The same answer with something to do once it was sent.</summary>
    public AdminResponse Then(Action afterwards) => new(Status, ContentType, Write) { Header = Header, Afterwards = afterwards };

    /// <summary>The same answer with one more header.</summary>
    public AdminResponse With(string header, string value) => new(Status, ContentType, Write) { Header = new(header, value), Afterwards = Afterwards };
}
