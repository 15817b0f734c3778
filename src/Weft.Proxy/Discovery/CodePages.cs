using System.Globalization;
using System.Runtime.InteropServices;

namespace Weft.Proxy.Discovery;

/// <summary>
/// Lets go of the pages of code and of constant data that only start-up needed. They are clean and of files: what is needed
/// again comes back from the kernel's cache by minor faults.
/// </summary>
internal static partial class CodePages
{
    private const int DoNotNeed = 4;

    /// <summary>
    /// Releases what this executable and its shared libraries have mapped without the right to write. Only mappings without a
    /// single page of their own (<c>Anonymous</c>): such a page would lose what was written to it before it became read-only.
    /// Pages that are dirty because the file itself was written a moment ago lose nothing.
    /// </summary>
    /// <returns>How many bytes of resident pages the released mappings had.</returns>
    internal static long Release()
    {
        long released = 0;
        try
        {
            var program = Environment.ProcessPath;
            (nuint Start, nuint Length)? code = null;
            long resident = 0;
            foreach (var line in File.ReadLines("/proc/self/smaps"))
            {
                if (line.StartsWith("Rss:", StringComparison.Ordinal))
                {
                    resident = Kilobytes(line) * 1024;
                }
                else if (line.StartsWith("Anonymous:", StringComparison.Ordinal))
                {
                    if (code is { } range && Kilobytes(line) == 0 && madvise(range.Start, range.Length, DoNotNeed) == 0)
                    {
                        released += resident;
                    }
                }
                else if (char.IsAsciiHexDigitLower(line[0]) || char.IsAsciiDigit(line[0]))
                {
                    code = CodeRange(line, program);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc nothing is released, and nothing is lost.
        }

        return released;
    }

    /// <summary>The range of a mapping's first line when it is private code or constant data of an ELF file; null for all else.</summary>
    private static (nuint Start, nuint Length)? CodeRange(string line, string? program)
    {
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length < 6 || fields[1] is not ("r-xp" or "r--p") || (fields[5] != program && !fields[5].Contains(".so", StringComparison.Ordinal)) || !fields[5].StartsWith('/'))
        {
            return null;
        }

        var dash = fields[0].IndexOf('-', StringComparison.Ordinal);
        var start = nuint.Parse(fields[0].AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (start, nuint.Parse(fields[0].AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start);
    }

    private static long Kilobytes(string line)
    {
        var digits = line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim();
        return long.Parse(digits[..digits.IndexOf(' ')], CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc")]
    private static partial int madvise(nuint address, nuint length, int advice);
}
