namespace Weft.Cli.Store;

/// <summary>What applying an object did.</summary>
internal enum ApplyOutcome
{
    Created,
    Configured,
    Unchanged,
}
