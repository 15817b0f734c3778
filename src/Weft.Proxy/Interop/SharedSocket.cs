using System.Net.Sockets;

namespace Weft.Proxy.Interop;

/// <summary>A socket of .NET that another process has too.</summary>
internal static class SharedSocket
{
    /// <summary>A copy of the descriptor, which is the caller's; −1 when there is none to be had.</summary>
    public static int Copy(Socket socket) => Libc.DuplicateCloseOnExec((int)socket.SafeHandle.DangerousGetHandle());

    /// <summary>Closes this process's descriptor and nothing else: <see cref="Socket.Dispose()"/> would disconnect the socket, for the other process too. Nothing may be waiting on it.</summary>
    public static void Abandon(Socket socket)
    {
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        socket.SafeHandle.SetHandleAsInvalid();
        _ = Libc.Close(descriptor);
    }
}
