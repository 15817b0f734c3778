using System.Text;
using Weft.Cli.Commands;
using Weft.Resources;

namespace Weft.Cli.Store;

/// <summary>
/// The directory of YAML that a mesh runs from, as a store of objects: what <c>weft get</c>, <c>apply</c> and <c>delete</c> work on.
/// The files stay the source: a change is written into the file that holds the object, in one step, and the mesh sees it
/// as it sees an editor's.
/// </summary>
internal sealed class ResourceStore(string directory, CommandContext context)
{
    /// <summary>Every object that the directory holds, those with errors included.</summary>
    public IReadOnlyList<ResourceObject> Read()
    {
        InputFiles files = new(context);
        List<ResourceObject> objects = [.. files.Read([directory]).SelectMany(result => result.Objects)];
        return files.Unreadable.Count == 0 ? objects : throw new CliException(files.Unreadable[0]);
    }

    /// <summary>Writes an object: over the one with the same key, or into a file of its own.</summary>
    public ApplyOutcome Apply(ResourceObject resource, string text)
    {
        ResourceObject? existing = Find(resource.Key);
        if (existing is null)
        {
            string path = Path.Combine(directory, FileName(resource));
            string before = File.Exists(path) ? File.ReadAllText(path).TrimEnd() + "\n---\n" : "";
            Write(path, before + text.TrimEnd() + "\n");
            return ApplyOutcome.Created;
        }

        DocumentText document = Document(existing);
        if (document.At(existing.Line).Trim() == text.Trim())
            return ApplyOutcome.Unchanged;
        document.Replace(existing.Line, text);
        Write(context.FullPath(existing.File!), document.ToString());
        return ApplyOutcome.Configured;
    }

    /// <summary>Removes an object; false when there is none. A file that then holds nothing goes too.</summary>
    public bool Delete(ResourceKey key)
    {
        if (Find(key) is not { } existing)
            return false;
        string path = context.FullPath(existing.File!);
        DocumentText document = Document(existing);
        document.Replace(existing.Line, null);
        if (document.IsEmpty)
            File.Delete(path);
        else
            Write(path, document.ToString());
        return true;
    }

    private ResourceObject? Find(ResourceKey key) => Read().FirstOrDefault(resource => resource.Key == key);

    private DocumentText Document(ResourceObject resource)
    {
        string text = File.ReadAllText(context.FullPath(resource.File!));
        DocumentText document = new(text);
        ReadResult alone = ResourceReader.Read(document.At(resource.Line), resource.File);
        return alone.Objects.Count == 1 && alone.Objects[0].Key == resource.Key
            ? document
            : throw new CliException($"{resource.Key} stands in {resource.File}:{resource.Line} together with other objects in one document (a list); edit the file instead.");
    }

    private static string FileName(ResourceObject resource)
    {
        string ns = resource.Namespace is "" or "default" ? "" : $"{resource.Namespace}-";
        return $"{resource.Kind.ToLowerInvariant()}-{ns}{resource.Name}.yaml";
    }

    private static void Write(string path, string text)
    {
        // A hidden name is not read, and a rename in one directory is one step: no reader sees half a file.
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.weft");
        try
        {
            File.WriteAllText(temporary, text, new UTF8Encoding(false));
            if (File.Exists(path))
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of(path, error, "Nothing was changed.");
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
