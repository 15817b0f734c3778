using System.Net.Sockets;

namespace Weft.Proxy.Interop;

/// <summary>Descriptors in messages between processes (unix(7), SCM_RIGHTS), and who is at the other end (SO_PEERCRED). For control threads.</summary>
internal static unsafe class DescriptorPassing
{
    /// <summary>The most descriptors of one message; the kernel's own bound is 253.</summary>
    public const int MostDescriptors = 64;

    private static readonly TimeSpan s_sendTime = TimeSpan.FromSeconds(5);
    private const int ScmRights = 1;
    private const int SoPeerCredentials = 17;
    private const int HeaderBytes = 16;
    private const int ControlBytes = HeaderBytes + MostDescriptors * sizeof(int);

    /// <summary>Sends one message with copies of the descriptors; the sender keeps its own.</summary>
    /// <exception cref="SocketException">The other end is gone.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> text, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MostDescriptors);
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* bytes = text)
        {
            IoVector vector = new() { Base = bytes, Length = (nuint)text.Length };
            MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                nuint length = (nuint)(HeaderBytes + descriptors.Length * sizeof(int));
                *(nuint*)control = length;
                *(int*)(control + 8) = Libc.SolSocket;
                *(int*)(control + 12) = ScmRights;
                descriptors.CopyTo(new Span<int>(control + HeaderBytes, descriptors.Length));
                message.Control = control;
                message.ControlLength = length;
            }

            while (Libc.SendMessage(Handle(socket), &message, Libc.MsgNoSignal) < 0)
            {
                int error = *Libc.ErrnoLocation();
                if (error == Errno.EINTR || (error == Errno.EAGAIN && socket.Poll(s_sendTime, SelectMode.SelectWrite))) continue;
                throw new SocketException((int)SocketError.ConnectionReset);
            }
        }
    }

    /// <summary>Receives one message; returns the length of its text, 0 at the end. The descriptors are this process's own, closed on exec.</summary>
    /// <exception cref="SocketException">The message cannot be received whole.</exception>
    public static int Receive(Socket socket, Span<byte> text, List<int> descriptors)
    {
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* bytes = text)
        {
            IoVector vector = new() { Base = bytes, Length = (nuint)text.Length };
            MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
            int count;
            while ((count = Libc.ReceiveMessage(Handle(socket), &message, Libc.MsgCloseOnExec)) < 0)
            {
                if (*Libc.ErrnoLocation() != Errno.EINTR) throw new SocketException((int)SocketError.ConnectionReset);
            }

            if (message.ControlLength >= HeaderBytes && *(int*)(control + 8) == Libc.SolSocket && *(int*)(control + 12) == ScmRights)
                descriptors.AddRange(new ReadOnlySpan<int>(control + HeaderBytes, (int)((*(nuint*)control - HeaderBytes) / sizeof(int))));
            // MSG_TRUNC, MSG_CTRUNC: what came is not all that was sent, for want of descriptors for example.
            if ((message.Flags & 0x28) != 0) throw new SocketException((int)SocketError.MessageSize);
            return count;
        }
    }

    /// <summary>Process and user of the other end, as they were when it connected or listened.</summary>
    public static (int Process, uint User) Peer(Socket socket)
    {
        int* credentials = stackalloc int[3];
        uint length = 3 * sizeof(int);
        return Libc.GetOption(Handle(socket), Libc.SolSocket, SoPeerCredentials, credentials, &length) == 0
            ? (credentials[0], (uint)credentials[1])
            : (0, uint.MaxValue);
    }

    private static int Handle(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();
}
