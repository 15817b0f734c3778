using System.Globalization;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;

namespace Weft.Proxy.Listeners;

/// <summary>
/// Finds out whether another process listens on an address. Listening sockets here have SO_REUSEPORT, and the kernel would let two
/// processes that both have it listen on one address and give each a share of the connections: a second proxy started by mistake would
/// take half of the first one's traffic without a word. For control threads; it reads <c>/proc</c> when an address is taken (proc(5)).
/// </summary>
internal static class AddressHolder
{
    private const string ListenState = "0A";

    /// <summary>Who else holds the address, as the end of "the address is in use by …"; null when it is free or only this process listens there.</summary>
    public static string? Find(in NetworkAddress address)
    {
        if (address.Port == 0 || Sockets.IsFree(address)) return null;
        HashSet<string> listening = Listening(address);
        HashSet<string> own = SocketsOf("/proc/self");
        if (listening.Count > 0 && listening.IsSubsetOf(own)) return null;
        listening.ExceptWith(own);

        // It may have been closed since, and sockets that are bound but do not listen are in no table.
        if (listening.Count == 0) return Sockets.IsFree(address) ? null : "another process";
        return Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .FirstOrDefault(folder => SocketsOf(folder).Overlaps(listening)) is { } holder
            ? $"process {Path.GetFileName(holder)} ({Command(holder)})"
            : "another process";
    }

    /// <summary>The inodes of listening sockets that take connections to the address.</summary>
    private static HashSet<string> Listening(in NetworkAddress address)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        foreach (string table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            foreach (string line in Lines(table).Skip(1))
            {
                // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length < 10 || fields[3] != ListenState || Parse(fields[1]) is not { } local || local.Port != address.Port) continue;
                if (local == address || local.IsAny || address.IsAny) found.Add(fields[9]);
            }
        }

        return found;
    }

    /// <summary><c>0100007F:1F90</c>: words of 32 bits in the machine's byte order, then the port.</summary>
    private static NetworkAddress? Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int port)) return null;
        byte[] bytes = Convert.FromHexString(parts[0]);
        for (int i = 0; i + 4 <= bytes.Length; i += 4) bytes.AsSpan(i, 4).Reverse();
        return NetworkAddress.From(new System.Net.IPAddress(bytes), port);
    }

    /// <summary>The inodes of a process's sockets; none when it belongs to somebody else or has ended.</summary>
    private static HashSet<string> SocketsOf(string process)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        try
        {
            foreach (string descriptor in Directory.EnumerateFiles(Path.Combine(process, "fd")))
            {
                if (new FileInfo(descriptor).LinkTarget is { } target && target.StartsWith("socket:[", StringComparison.Ordinal)) found.Add(target[8..^1]);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What was found so far is what can be known.
        }

        return found;
    }

    private static string Command(string process) => Lines(Path.Combine(process, "comm")).FirstOrDefault() ?? "unknown";

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
