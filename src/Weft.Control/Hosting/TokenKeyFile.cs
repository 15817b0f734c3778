using Weft.Identity;

namespace Weft.Control.Hosting;

/// <summary>The key that signs workload tokens, kept beside the authority so that tokens outlive a restart.</summary>
internal static class TokenKeyFile
{
    private const string Name = "token-key";

    /// <summary>Reads the key, or makes one that only the owner can read. Throws <see cref="IdentityException"/> with a sentence when it cannot.</summary>
    public static byte[] LoadOrCreate(string directory)
    {
        string path = Path.Combine(directory, Name);
        try
        {
            if (File.Exists(path))
            {
                byte[] key = File.ReadAllBytes(path);
                return key.Length == WorkloadTokens.KeyBytes
                    ? key
                    : throw new IdentityException($"{path} holds {key.Length} bytes instead of {WorkloadTokens.KeyBytes}: remove it, and start all proxies anew.");
            }

            byte[] made = WorkloadTokens.NewKey();
            string aside = path + ".new";
            File.Delete(aside);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (FileStream file = new(aside, options))
                file.Write(made);
            File.Move(aside, path, overwrite: true);
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"The token key {path} cannot be used: {e.Message}", e);
        }
    }
}
