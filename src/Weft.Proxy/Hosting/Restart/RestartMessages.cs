using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;

namespace Weft.Proxy.Hosting.Restart;

/// <summary>
/// What two processes of one proxy say to each other when the newer takes the place of the older (ADR 8), over a Unix socket of type SOCK_SEQPACKET whose
/// abstract name is made of the admin address:
/// <code>
/// newer: weft-restart/1 take-over
/// older: weft-restart/1 process=17 epoch=0 age=86400 sockets=5       or: no SENTENCE
/// older: listener front\nlistener front\nadmin 127.0.0.1:15000…      with the sockets, at most 64 a message
/// newer: ready                                                       or the end: the older goes on
/// older: yours                                                       the older accepts nothing any more, and drains
/// </code>
/// </summary>
internal static class RestartMessages
{
    public const string Version = "weft-restart/1";
    public const string TakeOver = Version + " take-over";
    public const string Ready = "ready";
    public const string Yours = "yours";
    public const string RefusalPrefix = "no ";

    /// <summary>Room for the largest message: names of listeners are bounded by it, together.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Where a proxy with this admin address is met; null when the address is none or not known before the start.</summary>
    public static UnixDomainSocketEndPoint? Meet(NetworkAddress admin) => admin.IsNone || admin.Port == 0 ? null : new($"\0weft-proxy/{admin}");

    public static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);

    /// <summary>Sends what the older process is and its sockets.</summary>
    public static void SendSockets(Socket socket, int epoch, TimeSpan age, IReadOnlyList<HandedSocket> sockets)
    {
        Send(socket, string.Create(CultureInfo.InvariantCulture, $"{Version} process={Environment.ProcessId} epoch={epoch} age={(long)age.TotalSeconds} sockets={sockets.Count}"));
        List<int> descriptors = [];
        StringBuilder lines = new();
        foreach (HandedSocket handed in sockets)
        {
            string line = $"{handed.Kind.ToString().ToLowerInvariant()} {Uri.EscapeDataString(handed.Name)}\n";
            if (descriptors.Count == DescriptorPassing.MostDescriptors || lines.Length + line.Length > MaxBytes) Flush();
            lines.Append(line);
            descriptors.Add(handed.Descriptor);
        }

        if (descriptors.Count > 0) Flush();
        void Flush()
        {
            DescriptorPassing.Send(socket, Encoding.ASCII.GetBytes(lines.ToString()), descriptors.ToArray());
            lines.Clear();
            descriptors.Clear();
        }
    }

    /// <summary>Reads the lines of one message with their sockets.</summary>
    public static IEnumerable<HandedSocket> ReadLines(string text, IReadOnlyList<int> descriptors)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < Math.Min(lines.Length, descriptors.Count); i++)
        {
            int space = lines[i].IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && Enum.TryParse(lines[i][..space], ignoreCase: true, out HandedSocketKind kind))
                yield return new HandedSocket(kind, Uri.UnescapeDataString(lines[i][(space + 1)..]), descriptors[i]);
            else
                _ = Libc.Close(descriptors[i]);
        }
    }

    /// <summary>A number of the older process's first message; −1 when it is not there.</summary>
    public static long Number(string text, string name)
    {
        foreach (string word in text.Split(' '))
        {
            if (word.StartsWith(name + "=", StringComparison.Ordinal) && long.TryParse(word.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                return number;
        }

        return -1;
    }

    public static void Send(Socket socket, string text) => DescriptorPassing.Send(socket, Encoding.UTF8.GetBytes(text), default);
}
