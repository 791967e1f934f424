"""`python -m benchmarks`: measure the figures and show them against their limits."""

import argparse
import sys
from pathlib import Path

from benchmarks import machine, page
from benchmarks.figure import Figure, NotMeasured, Row, Setup
from image_tagger import plugins

FIGURES = "benchmarks.figures"


def main() -> int:
    """Exit code 1 where a limit is not met or a figure could not be measured."""
    chosen = _arguments()
    names = chosen.only or plugins.names(FIGURES)
    setup, described = Setup(chosen.data, chosen.quick), machine.describe()
    figures = [_measured(name, setup) for name in names]
    page.show(described, figures)
    if chosen.markdown:
        page.rewrite(chosen.markdown, described, figures)
    return 1 if any(row.met is False for figure in figures for row in figure.rows) else 0


def _measured(name: str, setup: Setup) -> Figure:
    print(f"measuring {name} ...", file=sys.stderr, flush=True)
    try:
        figure: Figure = plugins.load(FIGURES, name).measure(setup)
    except NotMeasured as error:
        return Figure((Row(name, "not measured", met=False, note=str(error)),))
    return figure


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = plugins.names(FIGURES)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder with photos/ and models/; else made-up pictures"
    )
    parser.add_argument("--only", action="append", choices=names, help="this figure alone; may be given several times")
    parser.add_argument("--quick", action="store_true", help="few repeats, to see that everything works")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="rewrite the tables of this page, docs/benchmarks.md"
    )
    chosen = parser.parse_args()
    if chosen.markdown and (chosen.only or chosen.quick):
        parser.error("--markdown wants all figures, measured in full")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
