using System.Runtime.InteropServices;

namespace Weft.Kernel.Bpf;

/// <summary>The part of libbpf 1.x that is used (Debian: libbpf1). Errors are negative errno values or null pointers with errno set.</summary>
internal static partial class LibBpf
{
    internal const int SkMsgVerdict = 7;
    private const string Library = "libbpf.so.1";

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    internal static partial nint SetPrint(nint callback);

    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus")]
    internal static partial int PossibleCpus();

    [LibraryImport(Library, EntryPoint = "bpf_object__open_mem", SetLastError = true)]
    internal static partial nint ObjectOpen(ReadOnlySpan<byte> file, nint length, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load", SetLastError = true)]
    internal static partial int ObjectLoad(nint handle);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    internal static partial void ObjectClose(nint handle);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_program_by_name", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint FindProgram(nint handle, string name);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_map_by_name", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint FindMap(nint handle, string name);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    internal static partial int ProgramDescriptor(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    internal static partial int MapDescriptor(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_cgroup", SetLastError = true)]
    internal static partial nint AttachToControlGroup(nint program, int group);

    [LibraryImport(Library, EntryPoint = "bpf_prog_attach", SetLastError = true)]
    internal static partial int AttachProgram(int program, int target, int type, uint flags);

    [LibraryImport(Library, EntryPoint = "bpf_link__fd")]
    internal static partial int LinkDescriptor(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_link__destroy")]
    internal static partial int LinkDestroy(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_obj_pin", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Pin(int descriptor, string path);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetPinned(string path);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem", SetLastError = true)]
    internal static partial int MapLookup(int map, ReadOnlySpan<byte> key, Span<byte> value);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem", SetLastError = true)]
    internal static partial int MapUpdate(int map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags);
}
