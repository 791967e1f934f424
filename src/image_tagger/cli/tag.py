"""`image-tagger tag`: what is on pictures and in films, in folders, at URLs."""

from pathlib import Path
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED
from image_tagger.cli.formats import Format
from image_tagger.cli.frames import Every, Frames, sampling_of
from image_tagger.domain.selection import Selection

TOP = 5
What = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH", show_default=False, help="Files, folders, URLs; `-` reads one file from standard input."
    ),
]
Top = Annotated[int, typer.Option("--top", "-n", min=1, help="At most this many labels per picture or frame.")]
MinConfidence = Annotated[
    float, typer.Option("--min-confidence", "-c", min=0, max=1, help="Only labels at least this probable.")
]
Sure = Annotated[
    bool,
    typer.Option("--sure", help="Of a picture only what the model is sure of: a label, a group of labels, or none."),
]
Model = Annotated[str, typer.Option("--model", "-m", help="Model or alias; see `image-tagger models list`.")]
VocabularyFile = Annotated[
    Path | None,
    typer.Option("--vocabulary", exists=True, dir_okay=False, metavar="FILE", help="Your words for labels, in TOML."),
]
Xmp = Annotated[bool, typer.Option("--xmp", help="Write the labels of files into XMP sidecars beside them, too.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", dir_okay=False, metavar="FILE", help="Tag one folder into a .jsonl, .csv or .parquet file."
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the latest --output that was paused or cut short.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders with all folders below them.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON object per picture and line, as they come.")]
Csv = Annotated[
    bool,
    typer.Option("--csv", help="One row per label: picture, rank, label, confidence, error; of films also start, end."),
]


HELP = """Name what is on pictures and, from when to when, in films.

Of a picture, the most probable label comes first. Of a film a frame per second is looked at, of a short one at
least eight in all; a label is there while two of three frames have it. Animations and files of several pages
are films, too.

With --xmp, other photo software finds the labels in sidecars, from which `image-tagger untag` takes them again. It
needs --min-confidence or --sure, which say what is worth keeping.

With --output, the pictures of one folder are tagged as a job, for folders of any size: Ctrl-C pauses it, --resume
goes on, also after a crash, and the file is there when all is done. Pictures that have not changed since they were
last tagged in the same way are not looked at again. Of animations the first frame counts; videos are left out.

What cannot be read is reported on standard error and skipped; the exit status is then 1.

\b
Examples:
  image-tagger tag photo.jpg
  image-tagger tag holiday/ --recursive --csv > labels.csv
  image-tagger tag https://example.org/cat.jpg --top 1 --json
  image-tagger tag film.mp4 --every 500ms --min-confidence 0.4
  image-tagger tag holiday/ --recursive --sure --xmp
  image-tagger tag archive/ --recursive --output labels.parquet
  image-tagger tag --resume
  cat photo.heic | image-tagger tag -
"""


def tag(  # noqa: PLR0913 - a command's options are its parameters
    what: What = None,
    *,
    top: Top = TOP,
    min_confidence: MinConfidence = 0.0,
    sure: Sure = False,
    model: Model = "",
    recursive: Recursive = False,
    every: Every = "",
    frames: Frames = "",
    vocabulary: VocabularyFile = None,
    xmp: Xmp = False,
    output: Output = None,
    resume: Resume = False,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
    as_csv: Csv = False,
) -> None:
    """What `HELP` says."""
    what = what or []
    _check_what(what, output, resume=resume)
    if (output or resume) and (every or frames or as_json or as_jsonl or as_csv):
        raise typer.BadParameter("--output and --resume take no --every, --frames, --json, --jsonl or --csv")
    if resume and (top != TOP or min_confidence or sure or model or recursive or vocabulary or xmp):
        raise typer.BadParameter("--resume takes no other options: the job has them")
    form = _form(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    if xmp and not (sure or min_confidence):
        raise typer.BadParameter("--xmp needs --min-confidence or --sure")
    sampling = sampling_of(every, frames)
    try:
        from image_tagger.cli import films, tagging, tagging_jobs  # noqa: PLC0415 - help shows without the engine

        selection = Selection(top, min_confidence, sure)
        if resume:
            failed = tagging_jobs.resume(Path(what[0]) if what else None)
        elif output:
            job = tagging_jobs.Asked(Path(what[0]), output, model, selection, vocabulary)
            failed = tagging_jobs.tag_folder(job, recursive=recursive, xmp=xmp)
        else:
            asked = films.Asked(model, selection, sampling)
            failed = tagging.tag_all(what, tagging.Manner(form, vocabulary, xmp), asked, recursive=recursive)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _check_what(what: list[str], output: Path | None, *, resume: bool) -> None:
    if resume and (output or len(what) > 1):
        raise typer.BadParameter("--resume takes at most a folder: the job has the rest")
    if not resume and not what:
        raise typer.BadParameter("Missing argument PATH; or give --resume")
    if output and (len(what) > 1 or not Path(what[0]).is_dir()):
        raise typer.BadParameter("--output tags one folder")


def _form(*, as_json: bool, as_jsonl: bool, as_csv: bool) -> Format:
    wanted = ((Format.JSON, as_json), (Format.JSONL, as_jsonl), (Format.CSV, as_csv))
    chosen = [form for form, given in wanted if given] or [Format.TEXT]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --json, --jsonl and --csv")
    return chosen[0]
