using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Wire.Tests.Http2;

/// <summary>The HPACK coder of nghttp2, the peer that our own is checked against. <c>eng/install-tools.sh</c> installs it.</summary>
internal sealed unsafe partial class Nghttp2 : IDisposable
{
    private const string Library = "libnghttp2.so.14";
    private nint _deflater;
    private nint _inflater;

    public Nghttp2()
    {
        Assert.Equal(0, DeflateNew(out _deflater, 4096));
        Assert.Equal(0, InflateNew(out _inflater));
    }

    public byte[] Deflate(string[] fields)
    {
        List<GCHandle> pins = [];
        nint Pin(string text)
        {
            pins.Add(GCHandle.Alloc(Encoding.Latin1.GetBytes(text + "\0"), GCHandleType.Pinned));
            return pins[^1].AddrOfPinnedObject();
        }

        NameValue[] pairs = [.. fields.Select(field =>
        {
            (string name, string value) = Split(field.TrimStart('!'));
            return new NameValue { Name = Pin(name), Value = Pin(value), NameLength = name.Length, ValueLength = value.Length, Flags = field[0] == '!' ? (byte)1 : (byte)0 };
        })];
        byte[] buffer = new byte[256 * 1024];
        nint length;
        fixed (NameValue* pair = pairs)
        fixed (byte* bytes = buffer)
            length = DeflateBlock(_deflater, bytes, buffer.Length, pair, pairs.Length);
        pins.ForEach(pin => pin.Free());
        Assert.InRange(length, 0, buffer.Length);
        return buffer[..(int)length];
    }

    public string[]? Inflate(byte[] block)
    {
        List<string> fields = [];
        fixed (byte* start = new byte[block.Length + 1])
        {
            block.CopyTo(new Span<byte>(start, block.Length));
            byte* at = start;
            while (true)
            {
                int flags = 0;
                nint taken = InflateBlock(_inflater, out NameValue pair, &flags, at, (nint)(block.Length - (at - start)), 1);
                if (taken < 0)
                    return null;
                at += taken;
                if ((flags & 2) != 0)
                    fields.Add($"{((pair.Flags & 1) != 0 ? "!" : "")}{Text(pair.Name, pair.NameLength)}: {Text(pair.Value, pair.ValueLength)}");
                if ((flags & 1) != 0)
                    break;
            }
        }

        Assert.Equal(0, InflateEnd(_inflater));
        return [.. fields];
    }

    public static (string Name, string Value) Split(string field)
    {
        int colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
        return (field[..colon], field[(colon + 2)..]);
    }

    public void Dispose()
    {
        DeflateFree(_deflater);
        InflateFree(_inflater);
        _deflater = _inflater = 0;
    }

    private static string Text(nint at, nint length) => Encoding.Latin1.GetString((byte*)at, (int)length);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_deflate_new")]
    private static partial int DeflateNew(out nint deflater, nint tableSize);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_deflate_del")]
    private static partial void DeflateFree(nint deflater);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_deflate_hd")]
    private static partial nint DeflateBlock(nint deflater, byte* buffer, nint length, NameValue* fields, nint count);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_inflate_new")]
    private static partial int InflateNew(out nint inflater);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_inflate_del")]
    private static partial void InflateFree(nint inflater);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_inflate_hd2")]
    private static partial nint InflateBlock(nint inflater, out NameValue field, int* flags, byte* input, nint length, int isFinal);

    [LibraryImport(Library, EntryPoint = "nghttp2_hd_inflate_end_headers")]
    private static partial int InflateEnd(nint inflater);

    [StructLayout(LayoutKind.Sequential)]
    private struct NameValue
    {
        public nint Name;
        public nint Value;
        public nint NameLength;
        public nint ValueLength;
        public byte Flags;
    }
}
