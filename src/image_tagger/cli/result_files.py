"""Files of results: JSON lines, CSV or Parquet, whole or not there."""

from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from image_tagger.domain.errors import InvalidRequest, MissingExtra, TaggerError
from image_tagger.jobs import lines
from image_tagger.jobs.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

ROW_GROUP = 20_000  # rows of a Parquet file that are written together
Add = Callable[[Sequence[Outcome]], None]


def check(file: Path) -> None:
    """Raises InvalidRequest for a file of no known kind or in no folder, MissingExtra for Parquet."""
    if file.suffix.lower() not in WRITERS:
        raise InvalidRequest(f"--output must end in {', '.join(WRITERS)}")
    if not file.absolute().parent.is_dir():
        raise InvalidRequest("the folder of --output is not there")
    if file.suffix.lower() == ".parquet":
        _parquet()
    try:
        _part(file).touch()
    except OSError as error:
        raise InvalidRequest(f"--output cannot be written: {error.strerror}") from error
    _part(file).unlink(missing_ok=True)


async def write(file: Path, pages: AsyncIterable[Sequence[Outcome]]) -> None:
    """Write all pictures of these pages. Raises TaggerError where that is not possible; then the file is as it was."""
    beside = _part(file)
    try:
        with WRITERS[file.suffix.lower()](beside) as add:
            async for page in pages:
                add(page)
        beside.replace(file)
    except OSError as error:
        raise TaggerError(f"the results cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):  # the error that was, if any, is the one to be told
            beside.unlink(missing_ok=True)


def _part(file: Path) -> Path:
    return file.with_name(f".{file.name}.part")


@contextmanager
def _jsonl(file: Path) -> "Iterator[Add]":
    with _text(file) as to:
        yield lambda page: to.writelines(map(lines.json_line, page))


@contextmanager
def _csv(file: Path) -> "Iterator[Add]":
    with _text(file) as to:
        to.write(lines.csv_header())
        yield lambda page: to.writelines(map(lines.csv_lines, page))


@contextmanager
def _parquet_file(file: Path) -> "Iterator[Add]":
    arrow, parquet = _parquet()
    types = (arrow.string(), arrow.int32(), arrow.string(), arrow.float64(), arrow.string())
    schema = arrow.schema(list(zip(lines.HEADER, types, strict=True)))
    rows: list[tuple[Any, ...]] = []

    def flush() -> None:
        columns = zip(*rows, strict=True)
        writer.write_table(arrow.table([arrow.array(c, t) for c, t in zip(columns, types, strict=True)], schema=schema))
        rows.clear()

    def add(page: Sequence[Outcome]) -> None:
        rows.extend(row for one in page for row in lines.rows_of(one))
        if len(rows) >= ROW_GROUP:
            flush()

    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        yield add
        if rows:
            flush()


def _text(file: Path) -> TextIO:
    return file.open("w", encoding="utf-8", newline="")


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415 - an extra
        import pyarrow.parquet  # noqa: PLC0415 - the same
    except ImportError as error:
        raise MissingExtra("Parquet needs the extra parquet: pip install 'image-tagger[parquet]'") from error
    return pyarrow, pyarrow.parquet


WRITERS: dict[str, Callable[[Path], AbstractContextManager[Add]]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet_file,
}
