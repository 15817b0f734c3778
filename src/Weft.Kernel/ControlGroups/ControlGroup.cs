using System.Globalization;

namespace Weft.Kernel.ControlGroups;

/// <summary>
/// A control group of the unified hierarchy (cgroup v2): a set of processes, told apart by a directory. A process starts in its parent's group, and a socket belongs to
/// the group in which its process was when it made it.
/// </summary>
public sealed class ControlGroup
{
    private ControlGroup(string path) => Path = path;

    /// <summary>Its directory, absolute.</summary>
    public string Path { get; }

    /// <summary>Where the unified hierarchy is mounted (also beside the old ones, on <c>/sys/fs/cgroup/unified</c>); null when it is not.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>A group that exists. Throws <see cref="KernelOperationException"/> when the path is not one.</summary>
    public static ControlGroup Open(string path) =>
        File.Exists(System.IO.Path.Combine(path, "cgroup.procs"))
            ? new ControlGroup(System.IO.Path.GetFullPath(path))
            : throw new KernelOperationException($"{path} is no control group of the unified hierarchy{(Root is { } root ? $", which is mounted on {root}" : ", which is not mounted: mount -t cgroup2 none /sys/fs/cgroup")}.");

    /// <summary>Makes a group below the root, or opens the one of this name.</summary>
    /// <param name="name">A name without slashes.</param>
    public static ControlGroup Create(string name)
    {
        string root = Root ?? throw new KernelOperationException("The unified control group hierarchy is not mounted: mount -t cgroup2 none /sys/fs/cgroup.");
        string path = System.IO.Path.Combine(root, name);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KernelOperationException($"The control group {path} cannot be made: {failure.Message}", failure);
        }

        return Open(path);
    }

    /// <summary>The group of this process.</summary>
    public static ControlGroup Current()
    {
        string root = Root ?? throw new KernelOperationException("The unified control group hierarchy is not mounted: mount -t cgroup2 none /sys/fs/cgroup.");
        string line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(static line => line.StartsWith("0::", StringComparison.Ordinal)) ?? "0::/";
        return Open(System.IO.Path.Join(root, line[3..]));
    }

    /// <summary>Moves a process, with all its threads, into the group. Sockets that it has already stay where they are.</summary>
    public void Add(int process)
    {
        try
        {
            File.WriteAllText(System.IO.Path.Combine(Path, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KernelOperationException($"Process {process} cannot join the control group {Path}: {failure.Message}", failure);
        }
    }

    /// <summary>The processes in it.</summary>
    public IReadOnlyList<int> Processes() =>
        [.. File.ReadLines(System.IO.Path.Combine(Path, "cgroup.procs")).Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];

    /// <summary>Removes it if nobody is in it any more; whether it is gone.</summary>
    public bool TryRemove()
    {
        try
        {
            Directory.Delete(Path);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string? FindRoot()
    {
        try
        {
            return File.ReadLines("/proc/self/mounts").Select(static line => line.Split(' ')).FirstOrDefault(static parts => parts is [_, _, "cgroup2", ..])?[1];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
