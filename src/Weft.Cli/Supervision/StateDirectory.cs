using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Weft.Cli.Supervision;

/// <summary>
/// The files of one running mesh, readable only by their owner. Whether a mesh runs is told by a lock that the kernel
/// releases with its holder, so files left by a crash never count as a running mesh.
/// </summary>
public sealed class StateDirectory
{
    private StateDirectory(string path) => Path = path;

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>The supervisor's API, HTTP over a Unix socket.</summary>
    public string SupervisorSocket => System.IO.Path.Combine(Path, "supervisor.sock");

    /// <summary>The control plane's API, HTTP over a Unix socket.</summary>
    public string ControlSocket => System.IO.Path.Combine(Path, "control.sock");

    /// <summary>What the control plane keeps: the authority and its keys.</summary>
    public string ControlState => System.IO.Path.Combine(Path, "control");

    /// <summary>A file for each workload that is registered, for a control plane that starts anew.</summary>
    public string Registrations => System.IO.Path.Combine(Path, "registrations");

    /// <summary>Which mesh runs here.</summary>
    public string Description => System.IO.Path.Combine(Path, "mesh.json");

    private string LockFile => System.IO.Path.Combine(Path, "mesh.lock");

    /// <summary>
    /// The directory that <c>--state</c> or WEFT_STATE names, else <c>$XDG_RUNTIME_DIR/weft</c>, else <c>/tmp/weft-UID</c>.
    /// </summary>
    public static StateDirectory Locate(string? wanted, Func<string, string?> environment)
    {
        string? path = wanted ?? environment("WEFT_STATE");
        if (string.IsNullOrEmpty(path))
        {
            string? runtime = environment("XDG_RUNTIME_DIR");
            path = !string.IsNullOrEmpty(runtime) && Directory.Exists(runtime)
                ? System.IO.Path.Combine(runtime, "weft")
                : $"/tmp/weft-{Signals.EffectiveUser().ToString(CultureInfo.InvariantCulture)}";
        }

        // A Unix socket's address holds 107 bytes.
        path = System.IO.Path.GetFullPath(path);
        return path.Length <= 80 ? new StateDirectory(path)
            : throw new CliException($"The state directory {path} has too long a name for a Unix socket (80 characters at most); choose another with --state.");
    }

    /// <summary>A workload's own directory.</summary>
    public string WorkloadDirectory(WorkloadDefinition workload)
    {
        string path = System.IO.Path.Combine(Path, "workloads", $"{workload.Namespace}.{workload.Name}");
        CreatePrivate(path);
        return path;
    }

    /// <summary>The file of one registered workload.</summary>
    public string RegistrationFile(string ns, string name) => System.IO.Path.Combine(Registrations, $"{ns}.{name}.json");

    /// <summary>
    /// Makes the directory this process's own until the returned lock is disposed; throws when a mesh runs here already.
    /// Files of a mesh that died are removed, the authority's excepted.
    /// </summary>
    public IDisposable Acquire()
    {
        CreatePrivate(Path);
        FileStream held;
        try
        {
            held = new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is UnauthorizedAccessException || WriteFailure.IsOfPlace(error))
        {
            throw WriteFailure.Of(LockFile, error);
        }
        catch (IOException)
        {
            MeshDescription? running = Describe();
            throw new CliException(running is null
                ? $"A mesh runs already with the state directory {Path}. Stop it with 'weft down', or use --state for another."
                : $"A mesh runs already from {running.Directory} (process {running.ProcessId}). Stop it with 'weft down', or use --state for another.");
        }

        foreach (string stale in (string[])[SupervisorSocket, ControlSocket, Description])
            File.Delete(stale);
        foreach (string stale in (string[])[Registrations, System.IO.Path.Combine(Path, "workloads")])
        {
            if (Directory.Exists(stale))
                Directory.Delete(stale, recursive: true);
        }

        CreatePrivate(Registrations);
        return held;
    }

    /// <summary>True while a supervisor holds the lock.</summary>
    public bool IsRunning()
    {
        if (!File.Exists(LockFile))
            return false;
        try
        {
            using FileStream probe = new(LockFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"{LockFile} belongs to another user. Use --state for a mesh of your own.");
        }
    }

    /// <summary>Throws the sentence that a command says which needs a running mesh.</summary>
    public void RequireRunning()
    {
        if (!IsRunning())
            throw new CliException("No mesh is running. Start one with 'weft demo' or 'weft up DIR'.");
    }

    /// <summary>Writes down which mesh runs here.</summary>
    public void Describe(MeshDescription mesh) => WritePrivate(Description, JsonSerializer.Serialize(mesh, SupervisionJson.Default.MeshDescription));

    /// <summary>Which mesh runs here; null when that cannot be read.</summary>
    public MeshDescription? Describe()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Description), SupervisionJson.Default.MeshDescription);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces a file in one step; only its owner can read it: this process's user, or <paramref name="owner"/> (as root).</summary>
    public static void WritePrivate(string path, string content, uint? owner = null) => WritePrivate(path, Encoding.UTF8.GetBytes(content), owner);

    /// <summary>
    /// Replaces a file in one step; only its owner can read it: this process's user, or <paramref name="owner"/> (as root). Throws
    /// <see cref="CliException"/> when it cannot be written; what was there stays.
    /// </summary>
    public static void WritePrivate(string path, ReadOnlySpan<byte> content, uint? owner = null)
    {
        string temporary = path + ".new";
        try
        {
            Replace(path, temporary, content, owner);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What it took is given back: on a full disk the next attempt needs it.
            File.Delete(temporary);
            throw WriteFailure.Of(path, error);
        }
    }

    private static void Replace(string path, string temporary, ReadOnlySpan<byte> content, uint? owner)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (FileStream writer = new(temporary, options))
            writer.Write(content);
        if (owner is { } user)
            Signals.GiveTo(temporary, user);
        File.Move(temporary, path, overwrite: true);
    }

    private static void CreatePrivate(string path)
    {
        try
        {
            const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(path, Owner);
            // Throws when the directory is another user's: nothing of ours may be put there.
            File.SetUnixFileMode(path, Owner);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The state directory {path} cannot be used: {WriteFailure.Cause(error)} Choose another with --state.", inner: error);
        }
    }
}
