"""`image-tagger sort`: the pictures of a folder into folders of what is on them."""

from pathlib import Path
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED
from image_tagger.domain.sorting import Match

FolderToSort = Annotated[
    Path | None, typer.Argument(exists=True, file_okay=False, metavar="FOLDER", show_default=False)
]
Classes = Annotated[
    list[str] | None, typer.Option("--classes", metavar="A,B", help="What to look for; each becomes a folder.")
]
By = Annotated[
    Match, typer.Option("--match", help="Labels are kinds of the class (hierarchy), have its name, or contain it.")
]
Into = Annotated[
    Path | None, typer.Option("--into", file_okay=False, metavar="DIR", help="Where the folders of the classes are.")
]
Copy = Annotated[bool, typer.Option("--copy", help="Copy instead of moving.")]
Hardlink = Annotated[bool, typer.Option("--hardlink", help="Another name for the same file instead of moving.")]
Symlink = Annotated[bool, typer.Option("--symlink", help="A link to the file instead of moving.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; touch nothing.")]
Model = Annotated[str, typer.Option("--model", "-m", help="Model, alias or folder; see `image-tagger models list`.")]
MinConfidence = Annotated[
    float | None,
    typer.Option("--min-confidence", "-c", min=0, max=1, help="Least score of a class: 0.5, with substring 0."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the latest sort that was paused or cut short.")]
Undo = Annotated[str, typer.Option("--undo", metavar="JOURNAL|last", help="Take a sort back, as its journal tells.")]


def sort(  # noqa: PLR0913 - a command's options are its parameters
    context: typer.Context,
    folder: FolderToSort = None,
    *,
    classes: Classes = None,
    match: By = Match.HIERARCHY,
    into: Into = None,
    copy: Copy = False,
    hardlink: Hardlink = False,
    symlink: Symlink = False,
    dry_run: DryRun = False,
    model: Model = "",
    min_confidence: MinConfidence = None,
    resume: Resume = False,
    undo: Undo = "",
) -> None:
    """Move the pictures of a folder into folders of what is on them.

    The folder of a class is made in FOLDER, or in that of --into. Pictures of no class stay where they are, also those
    in folders below. No file is ever replaced: a second `cat.jpg` becomes `cat (2).jpg`. A sort can be paused with
    Ctrl-C, and goes on with --resume, also after a crash; --undo takes it back. No server is needed.

    What cannot be read or moved is reported on standard error and stays; the exit status is then 1.

    \b
    Examples:
      image-tagger sort photos/ --classes dog,car --dry-run
      image-tagger sort photos/ --classes dog,car
      image-tagger sort photos/ --classes vehicle,animal --into sorted/ --copy
      image-tagger sort photos/ --classes cat --match substring
      image-tagger sort --resume
      image-tagger sort --undo last
    """
    how, names = _how(copy=copy, hardlink=hardlink, symlink=symlink), _names(classes or [])
    _check_old_sort(context, resume=resume, undo=undo) if resume or undo else _check_new_sort(folder, names)
    try:
        from image_tagger.cli import sort_preview, sort_undo, sorting  # noqa: PLC0415 - help shows without the engine

        asked = sorting.Asked(folder, into, names, match, min_confidence, model=model, how=how)
        if undo:
            failed = sort_undo.undo_sort(undo)
        elif resume:
            failed = sorting.resume(folder)
        else:
            failed = sort_preview.preview(asked) if dry_run else sorting.sort_all(asked)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _names(classes: list[str]) -> tuple[str, ...]:
    return tuple(name.strip() for group in classes for name in group.split(",") if name.strip())


def _how(*, copy: bool, hardlink: bool, symlink: bool) -> str:
    wanted = {"copy": copy, "hardlink": hardlink, "symlink": symlink}
    chosen = [how for how, given in wanted.items() if given] or ["move"]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --copy, --hardlink and --symlink")
    return chosen[0]


def _check_old_sort(context: typer.Context, *, resume: bool, undo: str) -> None:
    if resume and undo:
        raise typer.BadParameter("choose one of --resume and --undo")
    allowed = {"resume", "folder"} if resume else {"undo"}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source and source.name == "COMMANDLINE" and parameter.name not in allowed:
            name = "FOLDER" if parameter.name == "folder" else parameter.opts[0]
            raise typer.BadParameter(f"a sort that has begun can take no {name} any more")


def _check_new_sort(folder: Path | None, names: tuple[str, ...]) -> None:
    if folder is None:
        raise typer.BadParameter("name the FOLDER to sort, or give --resume or --undo")
    if not names:
        raise typer.BadParameter("--classes must name at least one class")
