using System.Net.Sockets;
using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Proxy.Admin;

/// <summary>
/// One connection to an admin port: reads one request, answers it, closes. Bounds: 8 KiB of head, 64 KiB of body, three seconds until
/// the request is complete, ten seconds for each send.
/// </summary>
internal sealed class AdminConnection(Socket socket, AdminSite site, Action<string> log)
{
    private const int MaxHeadBytes = 8 * 1024;
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxFields = 64;
    private const int ReadMilliseconds = 3000;
    private const int SendMilliseconds = 10_000;

    private static readonly Http1Limits s_limits = Http1Limits.Mesh with { MaxHeadBytes = MaxHeadBytes, MaxFields = MaxFields, AcceptHttp10 = true };
    private static readonly HeaderName s_origin = Name("origin");
    private static readonly HeaderName s_fetchSite = Name("sec-fetch-site");

    private readonly byte[] _buffer = new byte[MaxHeadBytes];
    private readonly HeaderField[] _fields = new HeaderField[MaxFields];
    private int _received;

    public void Serve()
    {
        socket.Blocking = true;
        socket.NoDelay = true;
        socket.SendTimeout = SendMilliseconds;
        long deadline = Environment.TickCount64 + ReadMilliseconds;
        if (!ReadHead(deadline, out RequestHead head, out int consumed, out WireError error))
        {
            if (error != WireError.None) Send(AdminResponse.Text(WireErrors.Describe(error) + "\n", WireErrors.Status(error)), isHead: false, chunked: false);
            return;
        }

        AdminResponse response = ReadBody(head, consumed, deadline) ?? Guarded(head);
        Send(response, head.Method == RequestMethod.Head, head.Version == WireVersion.Http11);
        response.Afterwards?.Invoke();
    }

    /// <summary>A page that fails is a mistake in it; it must not end the thread that serves the others.</summary>
    private AdminResponse Guarded(in RequestHead head)
    {
        try
        {
            return Answer(head);
        }
        catch (Exception e) when (e is not SocketException)
        {
            log($"An admin page failed: {e}");
            return AdminResponse.Text("The page failed; the proxy's log says why.\n", 500);
        }
    }

    private bool ReadHead(long deadline, out RequestHead head, out int consumed, out WireError error)
    {
        int scanned = 0;
        while (true)
        {
            ParseResult result = Http1RequestParser.Parse(_buffer.AsSpan(0, _received), _fields, s_limits, ref scanned, out head, out consumed);
            error = result.Error;
            if (result.Status == ParseStatus.Complete) return true;
            if (result.Status == ParseStatus.Error) return false;
            if (_received == _buffer.Length)
            {
                error = WireError.HeadTooLarge;
                return false;
            }

            int count = Receive(_buffer.AsSpan(_received), deadline);
            if (count <= 0) return false;
            _received += count;
        }
    }

    /// <summary>Reads the body away; an answer when it may not be there.</summary>
    private AdminResponse? ReadBody(in RequestHead head, int consumed, long deadline)
    {
        if (head.Framing == BodyFraming.Chunked || head.ContentLength > MaxBodyBytes)
            return AdminResponse.Text("Admin pages take no body.\n", 413);
        long left = head.ContentLength - (_received - consumed);
        Span<byte> sink = stackalloc byte[1024];
        while (left > 0)
        {
            int count = Receive(sink, deadline);
            if (count <= 0) return AdminResponse.Text("The body did not arrive.\n", 408);
            left -= count;
        }

        return null;
    }

    private int Receive(Span<byte> destination, long deadline)
    {
        long left = deadline - Environment.TickCount64;
        if (left <= 0) return 0;
        socket.ReceiveTimeout = (int)left;
        return socket.Receive(destination);
    }

    private AdminResponse Answer(in RequestHead head)
    {
        HeadView headers = new(_buffer.AsSpan(0, _received), _fields.AsSpan(0, head.FieldCount), head.FieldsEnd, null);
        RequestView view = new(in head, headers);
        if (site.LoopbackOnly)
        {
            string? origin = headers.TryGet(s_origin, out ReadOnlySpan<byte> value) ? Encoding.Latin1.GetString(value) : null;
            string? fetchSite = headers.TryGet(s_fetchSite, out value) ? Encoding.Latin1.GetString(value) : null;
            if (LoopbackGuard.Refuse(Encoding.Latin1.GetString(view.Authority), origin, fetchSite) is { } why)
                return AdminResponse.Text(why, 403);
        }

        string path = Uri.UnescapeDataString(Encoding.Latin1.GetString(view.Path));
        return site.Answer(new AdminRequest(Encoding.Latin1.GetString(view.MethodName), path, Encoding.Latin1.GetString(view.Query)));
    }

    private void Send(AdminResponse response, bool isHead, bool chunked)
    {
        byte[] head = new byte[1024];
        HeadWriter writer = new(head);
        writer.StatusLine(response.Status);
        writer.Field("content-type"u8, Encoding.ASCII.GetBytes(response.ContentType));
        writer.Field("cache-control"u8, "no-cache, max-age=0"u8);
        writer.Field("x-content-type-options"u8, "nosniff"u8);
        writer.Field("server"u8, "weft"u8);
        writer.Field("connection"u8, "close"u8);
        if (response.Header is { } extra) writer.Field(Encoding.ASCII.GetBytes(extra.Key), Encoding.ASCII.GetBytes(extra.Value));
        if (chunked) writer.Field("transfer-encoding"u8, "chunked"u8);
        writer.End();
        using AdminBody body = new(socket, head.AsSpan(0, writer.Length), chunked);
        try
        {
            if (!isHead) response.Write(body);
        }
        catch (Exception e) when (e is not SocketException)
        {
            // Part of it may be on its way: without the last chunk the client sees that it is not whole.
            log($"An admin page failed while it was sent: {e}");
            return;
        }

        body.Complete(withEnd: !isHead);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static HeaderName Name(string name) => HeaderName.TryCreate(name, out HeaderName? header) ? header : throw new ArgumentException(name);
}
