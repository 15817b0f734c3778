namespace Weft.Cli.Commands;

/// <summary>Where Weft's own files are: beside this program when installed, in the checkout when started by <c>./weft</c>.</summary>
internal static class Installation
{
    /// <summary>The checkout; null when this program does not run from one.</summary>
    public static string? Checkout(CommandContext context)
    {
        if (context.Environment("WEFT_HOME") is { Length: > 0 } home)
            return home;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Weft.slnx")))
                return folder.FullName;
        }

        return null;
    }

    /// <summary>The proxy: <c>$WEFT_PROXY</c>, beside this program, or in the checkout's artifacts; null when there is none.</summary>
    public static string? FindProxy(CommandContext context)
    {
        string? checkout = Checkout(context);
        string?[] candidates =
        [
            context.Environment("WEFT_PROXY"),
            Path.Combine(AppContext.BaseDirectory, "weft-proxy"),
            checkout is null ? null : Path.Combine(checkout, "artifacts", "weft-proxy", "weft-proxy"),
        ];
        return candidates.FirstOrDefault(candidate => !string.IsNullOrEmpty(candidate) && File.Exists(candidate));
    }

    /// <summary>The proxy, or the sentence that says how to get one.</summary>
    public static string RequireProxy(CommandContext context) => FindProxy(context)
        ?? throw new CliException("weft-proxy is not there: it is looked for in $WEFT_PROXY, beside weft, and in artifacts/weft-proxy of the checkout. './weft' builds it.");

    /// <summary>This program's executable, for processes of its own.</summary>
    public static string Self() => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "weft"
        ? path
        : Path.Combine(AppContext.BaseDirectory, "weft");
}
