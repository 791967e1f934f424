"""`image-tagger detect`: what is where on pictures and in films."""

from pathlib import Path
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED
from image_tagger.cli.formats import Format
from image_tagger.cli.frames import Every, Frames, sampling_of

What = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, URLs; `-` reads one file from standard input."),
]
Model = Annotated[
    str, typer.Option("--model", "-m", help="Detector: a name, or the path of a folder with a model.toml (./yolox).")
]
Draw = Annotated[
    Path | None,
    typer.Option("--draw", metavar="FILE", help="Draw the boxes of the one picture into a .jpg, .png or .webp."),
]
DrawInto = Annotated[
    Path | None,
    typer.Option("--draw-into", metavar="FOLDER", help="Draw each picture as NAME.boxes.jpg into this folder."),
]
MinConfidence = Annotated[
    float | None,
    typer.Option("--min-confidence", "-c", min=0, max=1, help="Instead of the model's own thresholds."),
]
Top = Annotated[int | None, typer.Option("--top", "-n", min=1, help="At most this many objects per picture or frame.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders with all folders below them.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON object per picture and line, as they come.")]


def detect(  # noqa: PLR0913 - a command's options are its parameters
    what: What,
    *,
    model: Model = "",
    draw: Draw = None,
    draw_into: DrawInto = None,
    min_confidence: MinConfidence = None,
    top: Top = None,
    recursive: Recursive = False,
    every: Every = "",
    frames: Frames = "",
    as_json: Json = False,
    as_jsonl: Jsonl = False,
) -> None:
    """Find objects on pictures and in films, and draw their boxes.

    Each object has a label, how probable it is, and its box in pixels of the upright picture: left, top - right,
    bottom. It counts where it is at least as probable as the model's threshold for its label. Of a film a frame per
    second is looked at, of a short one at least eight in all.

    What cannot be read is reported on standard error and skipped; the exit status is then 1.

    \b
    Examples:
      image-tagger detect photo.jpg --model yolox --draw out.jpg
      image-tagger detect holiday/ -m ./yolox --draw-into boxes/
      image-tagger detect photo.jpg -m yolox --min-confidence 0.3 --json
      image-tagger detect film.mp4 -m yolox --every 2s --jsonl
    """
    chosen = [form for form, given in ((Format.JSON, as_json), (Format.JSONL, as_jsonl)) if given] or [Format.TEXT]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --json and --jsonl")
    if draw and draw_into:
        raise typer.BadParameter("choose one of --draw and --draw-into")
    sampling = sampling_of(every, frames)
    try:
        from image_tagger.cli import detecting, drawings  # noqa: PLC0415 - help shows without the engine

        asked = detecting.Asked(model, min_confidence, top, sampling)
        drawer = drawings.Drawings(draw, draw_into) if draw or draw_into else None
        failed = detecting.detect_all(what, chosen[0], asked, drawer, recursive=recursive)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if failed:
        raise typer.Exit(EXIT_FAILED)
