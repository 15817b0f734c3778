using System.IO.Enumeration;

namespace Weft.Cli.Store;

/// <summary>Which files of a directory hold configuration: <c>.yaml</c>, <c>.yml</c> and <c>.json</c>, to any depth, nothing hidden, no symbolic link to a directory followed (it may lead in a circle).</summary>
internal static class ConfigurationFiles
{
    /// <summary>Absolute paths in the order of their names.</summary>
    public static IEnumerable<string> In(string directory) =>
        new FileSystemEnumerable<string>(
            directory,
            static (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None })
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory && !Hidden(entry.FileName) && IsConfiguration(entry.FileName),
            ShouldRecursePredicate = static (ref FileSystemEntry entry) => !Hidden(entry.FileName) && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        }.Order(StringComparer.Ordinal);

    private static bool Hidden(ReadOnlySpan<char> name) => name is ['.', ..];

    private static bool IsConfiguration(ReadOnlySpan<char> name) => Path.GetExtension(name) is ".yaml" or ".yml" or ".json";
}
