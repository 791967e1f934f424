"""The figures as tables: on the terminal, and in a marked place of a Markdown page."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Details, Figure, Row

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
COLUMNS = ("figure", "measured", "limit", "met", "how")
MET = {True: "yes", False: "**no**", None: ""}


class NoPlace(Exception):
    """The page has no marked place for the table."""


def show(machine: str, figures: list[Figure]) -> None:
    """Print everything."""
    console = Console()
    console.print(machine, highlight=False)
    for details in (_main(figures), *_all_details(figures)):
        table = Table(*details.columns, title=details.title, title_justify="left", box=None, pad_edge=False)
        for row in details.rows:
            table.add_row(*row)
        console.print(table, "", highlight=False)


def rewrite(page: Path, machine: str, figures: list[Figure]) -> None:
    """Replace what stands between the marks. Raises NoPlace where they are missing."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace(f"the page needs the lines {BEGIN} and {END}")
    tables = "\n".join(_markdown(details) for details in (_main(figures), *_all_details(figures)))
    page.write_text(f"{before}{BEGIN}\n\n{machine}\n\n{tables}\n{END}{after}", encoding="utf-8")


def _main(figures: list[Figure]) -> Details:
    return Details("Figures", COLUMNS, tuple(_cells(row) for figure in figures for row in figure.rows))


def _all_details(figures: list[Figure]) -> list[Details]:
    return [details for figure in figures for details in figure.details]


def _cells(row: Row) -> tuple[str, ...]:
    return row.name, row.measured, row.limit, MET[row.met], row.note


def _markdown(details: Details) -> str:
    lines = [details.columns, ("---",) * len(details.columns), *details.rows]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"### {details.title}\n\n{table}\n"
