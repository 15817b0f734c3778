using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Weft.Kernel;

/// <summary>Calls of the C library that .NET has no name for. They set errno, which <see cref="LastError"/> words.</summary>
internal static partial class LibC
{
    internal const int CloseOnExec = 0x80000;
    internal const int DirectoryOnly = 0x10000;

    /// <summary>The last call's error in words.</summary>
    internal static string LastError => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    /// <summary>open(2) for reading; null when it fails.</summary>
    internal static SafeFileHandle? OpenForReading(string path, int flags = 0)
    {
        int descriptor = Open(path, CloseOnExec | flags);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(SafeFileHandle space, int kind);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
