using System.Text;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>
/// The <c>/etc/hosts</c> that one workload sees: the machine's own, then the mesh's names at the addresses where the
/// workload's proxy accepts. It is bind-mounted into the program's mount namespace, so it is always rewritten in place: a
/// renamed file would leave the program with the old one.
/// </summary>
public static class HostsFile
{
    /// <summary>The text for these names.</summary>
    public static string Render(string machineHosts, IEnumerable<NameReply> names)
    {
        StringBuilder text = new(machineHosts.TrimEnd());
        text.Append("\n\n# Names of the mesh, as this workload's proxy answers them.\n");
        foreach (NameReply name in names.OrderBy(name => name.Host, StringComparer.Ordinal))
        {
            if (name.Host.Contains('*', StringComparison.Ordinal) || name.Address.Length == 0)
                continue;
            text.Append(name.Address).Append('\t').Append(name.Host);
            foreach (string alias in name.Aliases)
                text.Append(' ').Append(alias);
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes the file in place, when its content differs. Throws <see cref="CliException"/> when it cannot be written.</summary>
    public static void Write(string path, IEnumerable<NameReply> names)
    {
        string text = Render(File.Exists("/etc/hosts") ? File.ReadAllText("/etc/hosts") : "127.0.0.1\tlocalhost\n", names);
        if (File.Exists(path) && File.ReadAllText(path) == text)
            return;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            using FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(bytes);
            file.SetLength(bytes.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of(path, error);
        }
    }
}
