using System.Diagnostics;
using System.Globalization;

namespace Weft.Cli.Supervision;

/// <summary>
/// Starts a program with an <c>/etc/hosts</c> of its own: a mount namespace and a bind mount. As root that is all; else a
/// user namespace allows the mount, and a second one gives the program its own user back. Where the kernel forbids user
/// namespaces, programs use <c>http_proxy</c> alone.
/// </summary>
public static class PrivateHosts
{
    private const string Script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";

    /// <summary>The wrapper that starts the rest of a command line so; see <see cref="LaunchRequest.Wrapper"/>.</summary>
    public static IReadOnlyList<string> Wrapper(string hostsFile) =>
        Wrapper(hostsFile, Signals.EffectiveUser(), Signals.EffectiveGroup());

    /// <summary>Whether it works here; tried once, with a deadline.</summary>
    public static async Task<bool> IsPossibleAsync(string directory, TimeProvider clock)
    {
        string file = Path.Combine(directory, "hosts.probe");
        try
        {
            await File.WriteAllTextAsync(file, "weft-probe\n");
            IReadOnlyList<string> command = [.. Wrapper(file), "grep", "-q", "weft-probe", "/etc/hosts"];
            ProcessStartInfo start = new(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process? probe = Process.Start(start);
            if (probe is null)
                return false;
            try
            {
                await probe.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(2), clock);
                return probe.ExitCode == 0;
            }
            catch (TimeoutException)
            {
                probe.Kill();
                return false;
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of(file, error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static IReadOnlyList<string> Wrapper(string hostsFile, uint user, uint group)
    {
        if (user == 0)
            return ["unshare", "--mount", "sh", "-c", Script, hostsFile];
        string asUser = user.ToString(CultureInfo.InvariantCulture), asGroup = group.ToString(CultureInfo.InvariantCulture);
        return
        [
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", Script, hostsFile,
            "unshare", "--user", $"--map-user={asUser}", $"--map-group={asGroup}",
        ];
    }
}
