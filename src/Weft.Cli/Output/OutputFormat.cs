namespace Weft.Cli.Output;

/// <summary>The value of <c>-o</c>: a table for people, JSON or YAML for programs.</summary>
public enum OutputFormat
{
    Table,
    Json,
    Yaml,
}
