namespace Weft.Proxy.Interop;

/// <summary>The error numbers of Linux that the engine tells apart.</summary>
internal static class Errno
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int EPIPE = 32;
    public const int EPROTO = 71;
    public const int ENOPROTOOPT = 92;
    public const int EADDRINUSE = 98;
    public const int EADDRNOTAVAIL = 99;
    public const int ENETUNREACH = 101;
    public const int ECONNABORTED = 103;
    public const int ECONNRESET = 104;
    public const int ENOBUFS = 105;
    public const int ETIMEDOUT = 110;
    public const int ECONNREFUSED = 111;
    public const int EHOSTUNREACH = 113;
    public const int EINPROGRESS = 115;

    /// <summary>A word for logs and reset details.</summary>
    public static string Describe(int error) => error switch
    {
        EMFILE => "too many open files in the process (raise `ulimit -n`)",
        ENFILE => "too many open files in the system",
        EADDRINUSE => "the address is in use by another process",
        EADDRNOTAVAIL => "the address does not belong to this machine",
        13 => "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)",
        ENETUNREACH => "the network is unreachable",
        ECONNRESET => "connection reset by peer",
        ETIMEDOUT => "connection timed out",
        ECONNREFUSED => "connection refused",
        EHOSTUNREACH => "no route to host",
        _ => $"error {error}",
    };
}
