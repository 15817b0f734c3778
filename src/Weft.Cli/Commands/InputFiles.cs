using Weft.Cli.Store;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>Reads the files, directories and <c>-</c> (stdin) that a user names, in order; directories to any depth, symbolic links to directories not followed.</summary>
internal sealed class InputFiles(CommandContext context)
{
    private readonly List<string> _unreadable = [];

    /// <summary>Sentences about what could not be read.</summary>
    public IReadOnlyList<string> Unreadable => _unreadable;

    /// <summary>Everything that the names hold.</summary>
    public IEnumerable<ReadResult> Read(IEnumerable<string> names)
    {
        foreach ((string shown, Func<Stream> open) in Sources(names))
        {
            if (TryOpen(shown, open) is not { } stream)
                continue;
            using (stream)
                yield return ResourceReader.Read(stream, shown);
        }
    }

    /// <summary>The text of each file.</summary>
    public IEnumerable<(string Name, string Text)> ReadText(IEnumerable<string> names)
    {
        foreach ((string shown, Func<Stream> open) in Sources(names))
        {
            if (TryOpen(shown, open) is not { } stream)
                continue;
            using StreamReader reader = new(stream);
            yield return (shown, reader.ReadToEnd());
        }
    }

    /// <summary>One file; throws the sentence when it cannot be read.</summary>
    public FileStream Open(string name) =>
        TryOpen(name, () => File.OpenRead(context.FullPath(name))) as FileStream ?? throw new CliException(_unreadable[^1]);

    private Stream? TryOpen(string shown, Func<Stream> open)
    {
        try
        {
            return open();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            _unreadable.Add($"There is no file {shown}.");
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _unreadable.Add($"{shown} cannot be read: {error.Message}");
            return null;
        }
    }

    private IEnumerable<(string Shown, Func<Stream> Open)> Sources(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            string path = context.FullPath(name);
            if (name == "-")
            {
                yield return ("-", context.Input);
            }
            else if (Directory.Exists(path))
            {
                foreach (string file in ConfigurationFiles.In(path))
                    yield return (Path.Combine(name, Path.GetRelativePath(path, file)), () => File.OpenRead(file));
            }
            else
            {
                yield return (name, () => File.OpenRead(path));
            }
        }
    }
}
