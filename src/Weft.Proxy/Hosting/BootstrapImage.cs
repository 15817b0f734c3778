using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Weft.Proxy.Hosting;

/// <summary>
/// Starts this process anew (execv) with its bootstrap as the message's bytes, in memory that has no name in any file system. Reading text leaves the schema
/// of every message in memory for the life of the process, several megabytes that nothing needs again; a new image does not have them. The process keeps its
/// number, its parent, its streams and its limits.
/// </summary>
public static unsafe partial class BootstrapImage
{
    /// <summary>The argument that tells the new image the descriptor of its bootstrap.</summary>
    public const string Argument = "--bootstrap-image";

    /// <summary>Replaces this process. Call it while no thread but the caller has anything to finish. Returns only when the system refuses, and then nothing has changed.</summary>
    /// <param name="arguments">The arguments that this image was started with, without the program's name.</param>
    /// <param name="bootstrap">The bytes of the bootstrap.</param>
    public static void Become(IReadOnlyList<string> arguments, ReadOnlySpan<byte> bootstrap)
    {
        if (Environment.ProcessPath is not { } program)
            return;
        using SafeFileHandle memory = new(memfd_create("weft-bootstrap", 0), ownsHandle: true);
        if (memory.IsInvalid)
            return;
        try
        {
            RandomAccess.Write(memory, bootstrap, 0);
        }
        catch (IOException)
        {
            return;
        }

        string[] texts = [Environment.GetCommandLineArgs()[0], .. arguments, Argument, memory.DangerousGetHandle().ToString()];
        byte** pointers = stackalloc byte*[texts.Length + 1];
        for (int i = 0; i < texts.Length; i++)
            pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        pointers[texts.Length] = null;
        fixed (byte* path = Encoding.UTF8.GetBytes(program + '\0'))
            _ = execv(path, pointers);
        for (int i = 0; i < texts.Length; i++)
            Marshal.FreeCoTaskMem((nint)pointers[i]);
    }

    /// <summary>Reads the bootstrap that the image before this one left, and lets go of it.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>The bytes; null when the descriptor has none: nobody but <see cref="Become"/> should give this argument.</returns>
    public static byte[]? Take(int descriptor)
    {
        try
        {
            using SafeFileHandle memory = new(descriptor, ownsHandle: true);
            byte[] bytes = new byte[RandomAccess.GetLength(memory)];
            return bytes.Length > 0 && RandomAccess.Read(memory, bytes, 0) == bytes.Length ? bytes : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial int execv(byte* path, byte** arguments);
}
