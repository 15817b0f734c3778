using System.Runtime.InteropServices;

namespace Weft.Cli.Supervision;

/// <summary>System calls on processes, users and files that .NET does not offer: kill(2), geteuid(2), chown(2).</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    private static readonly Dictionary<string, int> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SIGHUP"] = 1,
        ["SIGINT"] = Interrupt,
        ["SIGQUIT"] = 3,
        ["SIGKILL"] = Kill,
        ["SIGUSR1"] = 10,
        ["SIGUSR2"] = 12,
        ["SIGTERM"] = Terminate,
    };

    /// <summary>The number of a signal by its name, with or without <c>SIG</c>; SIGTERM when there is no such name.</summary>
    public static int ByName(string? name) =>
        string.IsNullOrEmpty(name) ? Terminate
        : Names.TryGetValue(name.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? name : "SIG" + name, out int number) ? number : Terminate;

    /// <summary>Sends to every process of a group; false when the group has none left.</summary>
    public static bool SendToGroup(int group, int signal) => group > 1 && SendSignal(-group, signal) == 0;

    /// <summary>Sends to one process; false when it is gone.</summary>
    public static bool Send(int process, int signal) => process > 1 && SendSignal(process, signal) == 0;

    /// <summary>The number of the user this process acts for.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint EffectiveGroup();

    /// <summary>Makes a file or directory another user's; only root may.</summary>
    public static void GiveTo(string path, uint user)
    {
        if (ChangeOwner(path, user, user) != 0)
            throw new CliException($"{path} cannot be given to user {user}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
    }

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
