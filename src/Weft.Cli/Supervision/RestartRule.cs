namespace Weft.Cli.Supervision;

/// <summary>What happens when a program ends by itself.</summary>
public enum RestartRule
{
    Always,
    OnFailure,
    Never,
}
