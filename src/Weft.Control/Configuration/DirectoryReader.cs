using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Security.Cryptography;
using Weft.Resources;

namespace Weft.Control.Configuration;

/// <summary>
/// Reads a directory of YAML and JSON again and again, only the files that changed. Nothing broken ever replaces something good:
/// an invalid object keeps its last good version; a file or directory that cannot be read or parsed keeps what it held; objects that a file
/// suddenly lacks are taken for deleted only when it stays as it is for <see cref="Grace"/>, because editors truncate before they write and
/// long files are written piece by piece. One thread.
/// </summary>
internal sealed class DirectoryReader(string directory, TimeProvider time)
{
    /// <summary>How long a file must stay without objects that it held before they count as deleted.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    // The coarsest step of a local file system's clock is 10 ms.
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(50);

    private Dictionary<string, ConfigFile> _files = [];

    /// <summary>True when a file must be read again soon, although nothing may tell of a change.</summary>
    public bool HasDoubts => _files.Values.Any(file => file.IsFresh || !file.Missed.IsEmpty);

    /// <summary>Reads what changed; null when nothing did.</summary>
    public SourceState? Read()
    {
        Dictionary<string, ConfigFile> files = [];
        bool changed = false;
        List<Diagnostic> troubles = [];
        foreach (string path in Enumerate(troubles))
        {
            ConfigFile? before = _files.GetValueOrDefault(path);
            ConfigFile now = ReadFile(path, before);
            changed |= before is null || before.InForce != now.InForce || before.Diagnostics != now.Diagnostics || before.Missed != now.Missed;
            files.Add(path, now);
        }

        changed |= _files.Keys.Any(path => !files.ContainsKey(path));
        changed |= troubles.Count > 0;
        _files = files;
        return changed ? Combine(troubles) : null;
    }

    // The first file in order of names has an object that several files give; the others are reported.
    private SourceState Combine(List<Diagnostic> troubles)
    {
        ImmutableArray<ResourceObject>.Builder objects = ImmutableArray.CreateBuilder<ResourceObject>();
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        Dictionary<ResourceKey, ResourceObject> known = [];
        foreach (ConfigFile file in _files.Values.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            diagnostics.AddRange(file.Diagnostics);
            foreach (ResourceObject item in file.InForce)
            {
                if (known.TryAdd(item.Key, item))
                {
                    objects.Add(item);
                    continue;
                }

                ResourceObject first = known[item.Key];
                diagnostics.Add(new Diagnostic(
                    SourceDiagnostics.Duplicate, DiagnosticLevel.Error, item.Kind, item.Namespace, item.Name, item.File, item.Line, item.Column,
                    $"{item.Kind} {item.Namespace}/{item.Name} is already given in {first.File}, line {first.Line}; that one is in force.",
                    "Give one of the two another name, or remove it."));
            }
        }

        // What a file seems to lack may have moved to another.
        foreach (ResourceObject item in _files.Values.SelectMany(file => file.Missed))
        {
            if (known.TryAdd(item.Key, item))
                objects.Add(item);
        }

        diagnostics.AddRange(troubles);
        return new SourceState(objects.ToImmutable(), diagnostics.ToImmutable());
    }

    private ConfigFile ReadFile(string path, ConfigFile? before)
    {
        try
        {
            FileInfo info = new(path);
            (long Length, DateTime Changed) stamp = (info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info) is var target ? (target.Length, target.LastWriteTimeUtc) : default;
            if (before is { IsFresh: false, Missed.IsEmpty: true } && before.Stamp == stamp)
                return before;
            bool isFresh = (time.GetUtcNow().UtcDateTime - stamp.Changed).Duration() < Fresh;
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            string digest = isFresh || before is { IsFresh: true } ? Convert.ToHexString(SHA256.HashData(stream)) : "";
            if (before is { IsFresh: true, Missed.IsEmpty: true } && before.Stamp == stamp && before.Digest == digest)
                return before with { IsFresh = isFresh };
            stream.Position = 0;
            return Judge(path, ResourceReader.Read(stream, path), stamp, before) with { IsFresh = isFresh, Digest = digest };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = Directory.Exists(path) ? "it is a directory now." : e.Message;
            Diagnostic trouble = new(
                SourceDiagnostics.Unreadable, DiagnosticLevel.Error, null, null, null, path, null, null,
                $"The file cannot be read: {reason}", "What it held before stays in force. Make it readable, or remove it.");
            if (before is { Stamp: null } && before.Diagnostics is [var same] && same == trouble)
                return before;
            return new ConfigFile(path, null, [.. before?.InForce ?? [], .. before?.Missed ?? []], [trouble]);
        }
    }

    /// <summary>What is in force now that a file was read: of each object the last good version, of those it lacks none, but only after a while.</summary>
    private ConfigFile Judge(string path, ReadResult read, (long Length, DateTime Changed) stamp, ConfigFile? before)
    {
        Dictionary<ResourceKey, ResourceObject> previous = [];
        foreach (ResourceObject item in before is null ? [] : before.InForce.Concat(before.Missed))
            previous.TryAdd(item.Key, item);
        List<ResourceObject> inForce = [];
        foreach (ResourceObject item in read.Objects)
        {
            if (item.IsValid)
                inForce.Add(item);
            else if (previous.TryGetValue(item.Key, out ResourceObject? good))
                inForce.Add(good);
            previous.Remove(item.Key);
        }

        ConfigFile now = new(path, stamp, [], [.. read.Diagnostics]);

        // A document that could not be parsed may be any of those that are gone: they are not taken for deleted.
        if (previous.Count == 0 || read.Diagnostics.Any(finding => finding.Level == DiagnosticLevel.Error && finding.Kind is null))
            return now with { InForce = [.. inForce, .. previous.Values] };
        long since = before is { Missed.IsEmpty: false } && before.Stamp == stamp ? before.MissedSince : time.GetTimestamp();
        return time.GetElapsedTime(since) < Grace
            ? now with { InForce = [.. inForce], Missed = [.. previous.Values], MissedSince = since }
            : now with { InForce = [.. inForce] };
    }

    // A directory that cannot be listed keeps what it held; one that is gone from the directory above it is deleted.
    private HashSet<string> Enumerate(List<Diagnostic> troubles)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        Stack<string> folders = new([directory]);
        while (folders.TryPop(out string? folder))
        {
            try
            {
                foreach ((string path, bool isFolder) in Entries(folder))
                {
                    // A known file may have become a directory: the one mistake, not a deletion and many new files.
                    if (isFolder && !_files.ContainsKey(path))
                        folders.Push(path);
                    else if (_files.ContainsKey(path) || !isFolder)
                        found.Add(path);
                }
            }
            catch (DirectoryNotFoundException) when (folder != directory)
            {
                // Deleted since it was listed.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                troubles.Add(new Diagnostic(
                    SourceDiagnostics.Unreadable, DiagnosticLevel.Error, null, null, null, folder, null, null,
                    $"The directory cannot be read: {e.Message}", "What it held before stays in force. Make it readable, or remove it."));
                found.UnionWith(_files.Keys.Where(path => path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)));
            }
        }

        return found;
    }

    private static FileSystemEnumerable<(string Path, bool IsFolder)> Entries(string folder) => new(
        folder,
        static (ref FileSystemEntry entry) => (entry.ToFullPath(), entry.IsDirectory),
        new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None })
    {
        // A link to a directory may lead in a circle, so none is followed.
        ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.FileName.StartsWith('.')
            && (entry.IsDirectory ? !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) : IsConfiguration(entry.FileName)),
    };

    private static bool IsConfiguration(ReadOnlySpan<char> name) => Path.GetExtension(name) is ".yaml" or ".yml" or ".json";
}
