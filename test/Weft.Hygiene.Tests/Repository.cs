namespace Weft.Hygiene.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Absolute path of the folder that holds <c>Weft.slnx</c>.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Weft.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("No folder above the test binaries holds Weft.slnx.");
    }
}
