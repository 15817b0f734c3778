using System.Runtime.InteropServices;

namespace Weft.Proxy.Interop;

/// <summary>
/// The system calls of the engine. Calls on non-blocking descriptors skip the collector's transition, for they return at once; the
/// wait does not. Sending and receiving go through <c>syscall()</c>, which has no cancellation point to pass. All return −1 on
/// failure and leave the reason in <c>errno</c>, which each thread reads through <see cref="ErrnoLocation"/>.
/// </summary>
internal static unsafe partial class Libc
{
    public const int SockStream = 1;
    public const int SockNonBlock = 0x800;
    public const int SockCloseOnExec = 0x80000;
    public const int MsgDontWait = 0x40;
    public const int MsgNoSignal = 0x4000;
    public const int MsgPeek = 2;
    public const int MsgCloseOnExec = 0x40000000;
    public const int EpollCtlAdd = 1;
    public const int EpollCtlDelete = 2;
    public const uint EpollIn = 1;
    public const uint EpollOut = 4;
    public const uint EpollErr = 8;
    public const uint EpollHup = 16;
    public const uint EpollRdHup = 0x2000;
    public const uint EpollEdge = 1u << 31;
    public const int SolSocket = 1;
    public const int SoReuseAddr = 2;
    public const int SoError = 4;
    public const int SoKeepAlive = 9;
    public const int SoLinger = 13;
    public const int SoReusePort = 15;
    public const int SoMark = 36;
    public const int IpProtoTcp = 6;
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int SolIp = 0;
    public const int SolIpv6 = 41;
    public const int SoOriginalDst = 80;
    public const int Ipv6V6Only = 26;
    public const int IpBindAddressNoPort = 24;
    public const int ShutWrite = 1;
    public const int LimitOpenFiles = 7;
    private const int DuplicateFrom = 1030;

    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint s_recvFrom = s_arm ? 207 : 45;
    private static readonly nint s_sendTo = s_arm ? 206 : 44;
    private static readonly nint s_sendMsg = s_arm ? 211 : 46;
    private static readonly nint s_setSchedulerAttributes = s_arm ? 274 : 314;
    private static readonly nint s_getSchedulerAttributes = s_arm ? 275 : 315;

    /// <summary>The calling thread's <c>errno</c>; stable for the life of the thread.</summary>
    [LibraryImport("libc", EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    public static partial int* ErrnoLocation();

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    [SuppressGCTransition]
    public static partial int EpollControl(int epoll, int operation, int descriptor, EpollEvent* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int epoll, EpollEvent* events, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    [SuppressGCTransition]
    public static partial nint Read(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    [SuppressGCTransition]
    public static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "socket")]
    [SuppressGCTransition]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind")]
    public static partial int Bind(int descriptor, SocketAddress* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen")]
    public static partial int Listen(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4")]
    [SuppressGCTransition]
    public static partial int Accept(int descriptor, SocketAddress* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "connect")]
    [SuppressGCTransition]
    public static partial int Connect(int descriptor, SocketAddress* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    [SuppressGCTransition]
    public static partial int GetLocalAddress(int descriptor, SocketAddress* address, uint* length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    [SuppressGCTransition]
    public static partial int GetOption(int descriptor, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    [SuppressGCTransition]
    public static partial int SetOption(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    [SuppressGCTransition]
    public static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "close")]
    [SuppressGCTransition]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup")]
    [SuppressGCTransition]
    public static partial int Duplicate(int descriptor);

    /// <summary><c>fcntl</c> with a number as its argument.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl")]
    [SuppressGCTransition]
    private static partial int Control(int descriptor, int command, int argument);

    /// <summary>A copy of the descriptor that no program started from here inherits; −1 when there is none to be had.</summary>
    public static int DuplicateCloseOnExec(int descriptor) => Control(descriptor, DuplicateFrom, 3);

    /// <summary>Sends a message with its control data; may wait.</summary>
    [LibraryImport("libc", EntryPoint = "sendmsg")]
    public static partial nint SendMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg")]
    private static partial nint ReceiveMessageNative(int descriptor, MessageHeader* message, int flags);

    /// <summary>Receives a message with its control data; may wait.</summary>
    public static int ReceiveMessage(int descriptor, MessageHeader* message, int flags) => (int)ReceiveMessageNative(descriptor, message, flags);

    /// <summary>Has the C library give free memory back to the system; 1 when it could.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    public static partial int TrimHeap(nuint kept);

    /// <summary>The user that this process acts for.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>Reads a bound of the process: the one in force, then the highest it may be set to.</summary>
    [LibraryImport("libc", EntryPoint = "getrlimit")]
    public static partial int GetLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [SuppressGCTransition]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    /// <summary>Receives what is there, without waiting.</summary>
    public static int Receive(int descriptor, byte* buffer, int capacity, int flags = MsgDontWait) =>
        (int)SystemCall(s_recvFrom, descriptor, (nint)buffer, capacity, flags, 0, 0);

    /// <summary>Sends as much as the socket takes, without waiting and without SIGPIPE.</summary>
    public static int Send(int descriptor, byte* buffer, int length) =>
        (int)SystemCall(s_sendTo, descriptor, (nint)buffer, length, MsgDontWait | MsgNoSignal, 0, 0);

    /// <summary>Sends two runs of bytes with one call.</summary>
    public static int Send(int descriptor, byte* first, int firstLength, byte* second, int secondLength)
    {
        IoVector* vectors = stackalloc IoVector[2];
        vectors[0] = new IoVector { Base = first, Length = (nuint)firstLength };
        vectors[1] = new IoVector { Base = second, Length = (nuint)secondLength };
        var message = new MessageHeader { Vectors = vectors, VectorCount = 2 };
        return (int)SystemCall(s_sendMsg, descriptor, (nint)(&message), MsgDontWait | MsgNoSignal, 0, 0, 0);
    }

    /// <summary>Reads how the calling thread is scheduled.</summary>
    public static int GetSchedulerAttributes(SchedulerSlice.Attributes* attributes, int size) =>
        (int)SystemCall(s_getSchedulerAttributes, 0, (nint)attributes, size, 0, 0, 0);

    /// <summary>Says how the calling thread is to be scheduled.</summary>
    public static int SetSchedulerAttributes(SchedulerSlice.Attributes* attributes) =>
        (int)SystemCall(s_setSchedulerAttributes, 0, (nint)attributes, 0, 0, 0, 0);

    /// <summary>Sets an option whose value is an int; the outcome is left to the caller.</summary>
    public static int SetOption(int descriptor, int level, int option, int value) =>
        SetOption(descriptor, level, option, &value, sizeof(int));

    /// <summary>Reads an option whose value is an int; 0 when it cannot be read.</summary>
    public static int GetOption(int descriptor, int level, int option)
    {
        int value = 0;
        uint length = sizeof(int);
        return GetOption(descriptor, level, option, &value, &length) == 0 ? value : 0;
    }
}
