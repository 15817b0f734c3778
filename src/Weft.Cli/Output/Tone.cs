namespace Weft.Cli.Output;

/// <summary>What a piece of text means; a terminal with colours shows each in its own, any other shows plain text.</summary>
public enum Tone
{
    Plain,
    Good,
    Bad,
    Warning,
    Faint,
    Strong,
    Accent,
}
