using Envoy.Config.Core.V3;
using System.Text;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>Reads what a resource gives inline or names as a file. Files are read when the resource is compiled.</summary>
internal static class DataSourceReader
{
    /// <summary>The most bytes that a file may have.</summary>
    private const int MaxFileBytes = 1 << 20;

    public static ReadOnlyMemory<byte> Bytes(DataSource? source, CompileScope scope)
    {
        if (source is null)
        {
            return default;
        }

        scope.Refuse(source.WatchedDirectory is not null, "watched_directory");
        switch (source.SpecifierCase)
        {
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source.InlineBytes.Memory;
            case DataSource.SpecifierOneofCase.InlineString:
                return Encoding.UTF8.GetBytes(source.InlineString);
            case DataSource.SpecifierOneofCase.Filename:
                return ReadFile(source.Filename, scope.Field("filename"));
            case DataSource.SpecifierOneofCase.EnvironmentVariable:
                scope.Refuse(true, "environment_variable");
                return default;
            default:
                scope.Error("it gives no data: set `inline_string`, `inline_bytes` or `filename`.");
                return default;
        }
    }

    /// <summary>Text for formats and bodies; null when there is no source.</summary>
    public static string? Text(DataSource? source, CompileScope scope) =>
        source is null ? null : Encoding.UTF8.GetString(Bytes(source, scope).Span);

    private static ReadOnlyMemory<byte> ReadFile(string path, CompileScope scope)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length <= MaxFileBytes)
            {
                return File.ReadAllBytes(path);
            }

            scope.Error($"{path} has {length} bytes, {MaxFileBytes} are allowed.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            scope.Error($"{path} cannot be read: {e.Message}");
        }

        return default;
    }
}
