"""Medians, ratios and Markdown tables."""

import datetime
import os
import statistics

from .world import BENCH, machine_line


def median(rows, field):
    return statistics.median(row[field] for row in rows)


def spread(rows, field):
    """Half the range over the median: how far single rounds lie from what is reported."""
    values = [row[field] for row in rows]
    return (max(values) - min(values)) / 2 / statistics.median(values)


def table(header, rows):
    """A Markdown table whose columns are aligned for reading in a terminal."""
    cells = [header, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    line = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
    return "\n".join([line(cells[0]), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, cells[1:])])


def write(kind, body):
    """Appends a section to bench/results/DATE.md and returns its path."""
    now = datetime.datetime.now(datetime.timezone.utc)
    path = os.path.join(BENCH, "results", now.strftime("%Y-%m-%d") + ".md")
    new = not os.path.exists(path)
    with open(path, "a") as report:
        if new:
            report.write(f"# Benchmarks of {now:%Y-%m-%d}\n")
        report.write(f"\n## {kind}, {now:%H:%M} UTC\n\nMachine: {machine_line()}\n\n{body}\n")
    return path
