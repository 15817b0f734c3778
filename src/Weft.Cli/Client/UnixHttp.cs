using System.Net.Sockets;

namespace Weft.Cli.Client;

/// <summary>HTTP over a Unix socket.</summary>
internal static class UnixHttp
{
    /// <summary>A client whose every connection goes to the socket, whatever the URL's host.</summary>
    public static HttpClient Connect(string socketPath, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (_, stop) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), stop);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = timeout,
    };
}
