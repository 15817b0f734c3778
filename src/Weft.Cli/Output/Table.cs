namespace Weft.Cli.Output;

/// <summary>Columns for people, in kubectl's habit: capital headings, two spaces between, no lines, no cut text.</summary>
public sealed class Table(params string[] headings)
{
    private readonly List<(string Text, Tone Tone)[]> _rows = [];

    /// <summary>How many rows there are.</summary>
    public int Count => _rows.Count;

    /// <summary>A row of plain cells.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(cell => (cell, Tone.Plain))]);

    /// <summary>A row of cells that mean something.</summary>
    public void Add(params (string Text, Tone Tone)[] cells) => _rows.Add(cells);

    /// <summary>Writes headings and rows to the terminal's stdout.</summary>
    public void Write(Terminal terminal, string indent = "")
    {
        int[] widths = [.. headings.Select(heading => heading.Length)];
        foreach ((string Text, Tone Tone)[] row in _rows)
        {
            for (int column = 0; column < row.Length; column++)
                widths[column] = Math.Max(widths[column], row[column].Text.Length);
        }

        WriteRow(terminal, indent, widths, [.. headings.Select(heading => (heading, Tone.Faint))]);
        foreach ((string Text, Tone Tone)[] row in _rows)
            WriteRow(terminal, indent, widths, row);
    }

    private static void WriteRow(Terminal terminal, string indent, int[] widths, (string Text, Tone Tone)[] row)
    {
        int last = row.Length - 1;
        while (last > 0 && row[last].Text.Length == 0)
            last--;
        string[] cells = new string[last + 1];
        for (int column = 0; column <= last; column++)
        {
            string padding = column == last ? "" : new string(' ', widths[column] - row[column].Text.Length);
            cells[column] = terminal.ForOut(row[column].Tone, row[column].Text) + padding;
        }

        terminal.Out.WriteLine(indent + string.Join("   ", cells));
    }
}
