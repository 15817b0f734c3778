using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Weft.Proxy.Overload;

/// <summary>
/// The memory that this process has resident, and the bound that is set for it. Resident memory is what a container's limit and the kernel's killer go by; it counts the
/// collector's heap and what OpenSSL allocated alike, and reading it (<c>/proc/self/statm</c>, proc(5)) costs one system call and no allocation.
/// </summary>
internal sealed class ResidentMemory : IDisposable
{
    private readonly SafeFileHandle? _statm;

    public ResidentMemory()
    {
        try
        {
            _statm = File.OpenHandle("/proc/self/statm");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Measure() says so each time.
        }
    }

    /// <summary>Bytes; −1 when they cannot be read.</summary>
    public long Measure()
    {
        if (_statm is null) return -1;
        Span<byte> text = stackalloc byte[128];
        try
        {
            // "size resident shared …", in pages.
            ReadOnlySpan<byte> read = text[..RandomAccess.Read(_statm, text, 0)];
            int space = read.IndexOf((byte)' ');
            return space > 0 && Utf8Parser.TryParse(read[(space + 1)..], out long pages, out _) ? pages * Environment.SystemPageSize : -1;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return -1;
        }
    }

    /// <summary>
    /// What of the control group's memory this process may fill: three quarters, which is also where .NET bounds its heap. 0 when no group limits it (cgroup v2, or v1's
    /// memory controller).
    /// </summary>
    /// <param name="membership"><c>/proc/self/cgroup</c>.</param>
    /// <param name="root">Where control groups are mounted.</param>
    public static long Limit(string membership = "/proc/self/cgroup", string root = "/sys/fs/cgroup")
    {
        long least = long.MaxValue;
        foreach (string line in Lines(membership))
        {
            // "0::/path" for v2, "9:memory:/path" for v1.
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3) continue;
            (string Folder, string File)? place = parts[0] == "0" && parts[1].Length == 0 ? (root, "memory.max")
                : parts[1].Split(',').Contains("memory") ? (Path.Combine(root, "memory"), "memory.limit_in_bytes")
                : null;
            if (place is not { } at) continue;
            string path = parts[2].Trim('/');
            while (true)
            {
                if (long.TryParse(Lines(Path.Combine(at.Folder, path, at.File)).FirstOrDefault(), out long limit) && limit > 0) least = Math.Min(least, limit);
                if (path.Length == 0) break;
                path = path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : "";
            }
        }

        // v1 writes "no limit" as a number near the largest.
        return least >= 1L << 60 ? 0 : least / 4 * 3;
    }

    public void Dispose() => _statm?.Dispose();

    private static string[] Lines(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
