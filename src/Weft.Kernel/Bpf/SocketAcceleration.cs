using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Weft.Kernel.ControlGroups;

namespace Weft.Kernel.Bpf;

/// <summary>
/// Loopback connections between processes of one control group do without TCP: what one end sends goes into the other end's receive queue (sock_ops and sk_msg programs,
/// <c>Programs/local_sockets.bpf.c</c>). It is kept by pins in the BPF file system and outlives the process that attached it. Needs root and Linux 5.15 with BTF; kernels
/// have had faults here, so <see cref="AccelerationSelfTest"/> comes first.
/// </summary>
public sealed class SocketAcceleration
{
    private const string FileSystem = "/sys/fs/bpf";
    // The version is of the maps' layout: a later one attaches beside it, never over it.
    private static readonly string s_pins = Path.Combine(FileSystem, "weft", "v1");
    private static readonly string[] s_maps = ["sockets", "addresses", "states", "counters", "bypass"];
    private static readonly byte[] s_zero = new byte[4];

    private SocketAcceleration(string name) => Name = name;

    /// <summary>What tells it apart from others on the machine.</summary>
    public string Name { get; }

    private string Folder => Path.Combine(s_pins, Name);

    /// <summary>All that are attached, by name.</summary>
    public static IReadOnlyList<SocketAcceleration> All() =>
        Directory.Exists(s_pins) ? [.. Directory.EnumerateDirectories(s_pins).Select(static path => new SocketAcceleration(Path.GetFileName(path))).OrderBy(static one => one.Name, StringComparer.Ordinal)] : [];

    /// <summary>Attaches it to a control group; connections that are made from then on are joined. What was attached by this name before is detached.</summary>
    /// <param name="name">Tells it apart; letters, digits, <c>-</c> and <c>_</c>.</param>
    /// <param name="group">Whose processes' connections are joined.</param>
    /// <exception cref="KernelOperationException">The kernel refuses it, or libbpf is not there.</exception>
    public static SocketAcceleration Attach(string name, ControlGroup group)
    {
        if (name.Length is 0 or > 64 || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
            throw new KernelOperationException($"'{name}' is no name for socket acceleration: use up to 64 letters, digits, '-' and '_'.");
        SocketAcceleration made = new(name);
        try
        {
            MountFileSystem();
            made.Unpin();
            Directory.CreateDirectory(made.Folder);
            made.Load(group);
            return made;
        }
        catch (DllNotFoundException missing)
        {
            made.Unpin();
            throw new KernelOperationException("Socket acceleration needs libbpf, which is not installed. On Debian: apt-get install libbpf1.", missing);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            made.Unpin();
            throw new KernelOperationException($"Socket acceleration cannot be attached: {failure.Message}", failure);
        }
        catch (KernelOperationException)
        {
            made.Unpin();
            throw;
        }
    }

    /// <summary>What it has done so far.</summary>
    public AccelerationCounters Read()
    {
        ulong[] sums = new ulong[5];
        byte[] perCpu = new byte[8 * LibBpf.PossibleCpus()], key = new byte[4];
        using SafeFileHandle counters = Pinned("counters");
        for (int index = 0; index < sums.Length; index++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, index);
            if (LibBpf.MapLookup(Number(counters), key, perCpu) != 0)
                throw Failure($"The counters of socket acceleration '{Name}' cannot be read");
            for (int at = 0; at < perCpu.Length; at += 8)
                sums[index] += BinaryPrimitives.ReadUInt64LittleEndian(perCpu.AsSpan(at));
        }

        return new AccelerationCounters(sums[0], sums[1], sums[2], sums[3], sums[4]);
    }

    /// <summary>From now on TCP carries whatever joined connections send. A direction that TCP has begun to carry stays with it.</summary>
    /// <param name="on">False: connections that have not sent yet may go straight again.</param>
    public void Bypass(bool on)
    {
        using SafeFileHandle bypass = Pinned("bypass");
        byte[] value = [on ? (byte)1 : (byte)0, 0, 0, 0];
        if (LibBpf.MapUpdate(Number(bypass), s_zero, value, 0) != 0)
            throw Failure($"Socket acceleration '{Name}' cannot be bypassed");
    }

    /// <summary>Detaches it: connections live on over TCP. What went straight before must have been read by then, for which readers have <paramref name="drain"/>.</summary>
    public async Task DetachAsync(TimeSpan drain, CancellationToken cancel = default)
    {
        File.Delete(Path.Combine(Folder, "join"));
        if (Read().Joined > 0)
        {
            Bypass(on: true);
            await Task.Delay(drain, cancel).ConfigureAwait(false);
        }

        Unpin();
    }

    /// <summary>A shell command of one line that does what <see cref="DetachAsync"/> does, without waiting for readers.</summary>
    public string DetachCommand => $"rm -f {Folder}/* && rmdir {Folder}";

    private void Load(ControlGroup group)
    {
        LibBpf.SetPrint(0);
        byte[] program = Program();
        nint handle = LibBpf.ObjectOpen(program, program.Length, 0);
        if (handle == 0)
            throw Failure("The program of socket acceleration cannot be read");
        try
        {
            if (LibBpf.ObjectLoad(handle) != 0)
                throw Failure("The kernel does not accept the programs of socket acceleration (Linux 5.15 or newer with BTF, and CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are needed)");
            int sockets = LibBpf.MapDescriptor(LibBpf.FindMap(handle, "sockets"));
            if (LibBpf.AttachProgram(LibBpf.ProgramDescriptor(LibBpf.FindProgram(handle, "forward")), sockets, LibBpf.SkMsgVerdict, 0) != 0)
                throw Failure("The program that forwards messages cannot be attached");
            foreach (string map in s_maps)
                Pin(LibBpf.MapDescriptor(LibBpf.FindMap(handle, map)), map);
            Join(handle, group);
        }
        finally
        {
            LibBpf.ObjectClose(handle);
        }
    }

    // The last step: from here on sockets come in.
    private void Join(nint handle, ControlGroup group)
    {
        using SafeFileHandle directory = LibC.OpenForReading(group.Path, LibC.DirectoryOnly) ?? throw Failure($"{group.Path} cannot be opened");
        nint link = LibBpf.AttachToControlGroup(LibBpf.FindProgram(handle, "join"), Number(directory));
        if (link == 0)
            throw Failure($"The program that joins sockets cannot be attached to the control group {group.Path}");
        Pin(LibBpf.LinkDescriptor(link), "join");
        _ = LibBpf.LinkDestroy(link);
    }

    private void Pin(int descriptor, string name)
    {
        if (LibBpf.Pin(descriptor, Path.Combine(Folder, name)) != 0)
            throw Failure($"'{name}' of socket acceleration cannot be pinned in {Folder}");
    }

    private void Unpin()
    {
        if (!Directory.Exists(Folder))
            return;
        foreach (string pin in Directory.EnumerateFiles(Folder))
            File.Delete(pin);
        Directory.Delete(Folder);
    }

    private SafeFileHandle Pinned(string name)
    {
        int descriptor = LibBpf.GetPinned(Path.Combine(Folder, name));
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure($"Socket acceleration '{Name}' is not attached");
    }

    private static void MountFileSystem()
    {
        if (!File.ReadLines("/proc/self/mounts").Any(static line => line.Split(' ') is [_, FileSystem, "bpf", ..]) && LibC.Mount("bpf", FileSystem, "bpf", 0, null) != 0)
            throw Failure($"The BPF file system cannot be mounted on {FileSystem}");
    }

    private static byte[] Program()
    {
        using Stream stream = typeof(SocketAcceleration).Assembly.GetManifestResourceStream("local_sockets.bpf.o")
            ?? throw new KernelOperationException("This build of Weft has no eBPF programs in it.");
        byte[] program = new byte[stream.Length];
        stream.ReadExactly(program);
        return program;
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static KernelOperationException Failure(string what) => new($"{what}: {LibC.LastError}.");
}
