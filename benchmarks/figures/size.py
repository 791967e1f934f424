"""Bytes of the core install on disk: `pip install .` in a fresh environment, pip itself not counted."""

import subprocess
import tempfile
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path

from benchmarks.figure import Details, Figure, NotMeasured, Row, Setup

PROJECT = Path(__file__).parents[2]
MEGABYTE = 1e6
LIMIT = 500
LARGEST = 10
TOOLS = frozenset({"pip", "setuptools"})  # every environment has them


def measure(_: Setup) -> Figure:
    """Needs a package registry. Raises NotMeasured where the install fails."""
    with tempfile.TemporaryDirectory() as name:
        sizes = {found.name: _bytes(found) for found in _installed(Path(name)) if found.name not in TOOLS}
    total = sum(sizes.values()) / MEGABYTE
    row = Row("core install", f"{total:.0f} MB", f"{LIMIT} MB", total < LIMIT, f"{len(sizes)} packages, unpacked")
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:LARGEST]
    rows = tuple((package, f"{size / MEGABYTE:.1f} MB") for package, size in largest)
    return Figure((row,), (Details("Largest packages of the core install", ("package", "unpacked"), rows),))


def _installed(folder: Path) -> list[Distribution]:
    venv.create(folder, with_pip=True)
    (python,) = [*folder.glob("bin/python"), *folder.glob("Scripts/python.exe")]
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(PROJECT)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotMeasured("the install failed; it needs a package registry")
    (packages,) = [*folder.glob("lib/*/site-packages"), *folder.glob("Lib/site-packages")]
    return list(distributions(path=[str(packages)]))


def _bytes(found: Distribution) -> int:
    """All files the package brought, compiled Python included."""
    files = (Path(str(file.locate())) for file in found.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())
