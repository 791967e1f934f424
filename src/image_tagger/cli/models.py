"""`image-tagger models`: which models there are, and how more come here."""

from pathlib import Path
from typing import Annotated

import typer

from image_tagger.cli.failure import EXIT_FAILED, EXIT_INTERRUPTED

app = typer.Typer(no_args_is_help=True)

What = Annotated[
    str, typer.Argument(metavar="MODEL", help="owner/name, owner/name@revision, or a folder such as ./my-model.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A name or alias of `image-tagger models list`.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Names or aliases; all models without.")]
Called = Annotated[str, typer.Option("--name", help="What a folder's model is called; else as the folder.")]
NewName = Annotated[str, typer.Option("--name", help="What it is called; else as in model.toml, or as the file.")]
Network = Annotated[
    Path, typer.Argument(metavar="FILE|FOLDER", help="A network's file, or a folder with a model.toml or a SavedModel.")
]
Labels = Annotated[Path | None, typer.Option(help="A text file with one label a line, in the order of the outputs.")]
Runtime = Annotated[str, typer.Option(help="The runtime to use instead, such as `openvino`; answers are compared.")]
Computed = Annotated[
    str, typer.Option("--precision", help="`float32`, or `bfloat16`, which must give the same best labels.")
]
Moved = Annotated[float, typer.Option(min=0, help="How far that precision may move a probability.")]
Json = Annotated[bool, typer.Option("--json", help="JSON.")]


@app.callback()
def models() -> None:
    """Look at the models of this installation, and bring more."""


@app.command("list")
def list_models(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """List the models and their other names.

    Each name can be used in `--model` and `IMAGE_TAGGER_DEFAULT_MODEL`.

    \b
    Examples:
      image-tagger models list
      image-tagger models list --json
    """
    from image_tagger.cli.model_tables import print_list  # noqa: PLC0415 - help shows without it

    print_list(as_json=as_json)


@app.command("show")
def show_model(name: Name, *, as_json: Json = False) -> None:
    """Show what a model is made of, where it comes from, and its labels.

    \b
    Examples:
      image-tagger models show starter
      image-tagger models show Falconsai/nsfw_image_detection --json
    """
    from image_tagger.cli.model_tables import print_one  # noqa: PLC0415 - help shows without it

    print_one(name, as_json=as_json)


@app.command("pull")
def pull_model(what: What, *, name: Called = "", precision: Computed = "float32", tolerance: Moved = 0.02) -> None:
    """Fetch an image classifier from the Hugging Face hub, or take it from a folder.

    Its ONNX file is used where it has one. Else its safetensors are exported once
    and compared with torch, for which `pip install 'image-tagger[hf]'` is needed.
    A download that was interrupted is resumed. A folder is laid out as on the hub,
    or holds a model.toml.

    With `--precision bfloat16` it runs nearly twice as fast on processors that
    compute so. Pictures whose two best labels are close are computed once more in
    float32. 16 pictures must get the best labels that float32 gives them, and no
    probability may move too far. For that `pip install 'image-tagger[openvino]'` is
    needed.

    \b
    Examples:
      image-tagger models pull Falconsai/nsfw_image_detection
      image-tagger models pull Falconsai/nsfw_image_detection --precision bfloat16
      image-tagger models pull microsoft/resnet-50@main
      image-tagger models pull ./my-model --name house/cats
    """
    from image_tagger.cli.shelving import pull  # noqa: PLC0415 - help shows without it
    from image_tagger.models.adding.precision import Precision  # noqa: PLC0415 - the same

    try:
        typer.echo(pull(what, name, Precision(precision, tolerance)))
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None


@app.command("add")
def add_model(
    path: Network,
    *,
    name: NewName = "",
    labels: Labels = None,
    runtime: Runtime = "",
    tolerance: Annotated[float, typer.Option(min=0, help="How far later answers may move, if recorded now.")] = 0.01,
) -> None:
    """Take a network of this machine: ONNX, TensorFlow, TFLite, Keras, Caffe, Darknet, PyTorch.

    A folder with a model.toml is taken as it says, and must give its golden
    answers; where it has none, those of today are recorded. For a file alone the
    recipe is guessed, and the guesses are written. The network is opened in
    another process first, with limits.

    \b
    Examples:
      image-tagger models add ./my-model
      image-tagger models add mobilenet.tflite --labels labels.txt --name birds
      image-tagger models add ./my-model --runtime openvino
    """
    from image_tagger.cli.adding import Given, add  # noqa: PLC0415 - help shows without it

    add(path, Given(name, labels, runtime, tolerance))


@app.command("inspect")
def inspect_model(
    path: Network,
    *,
    labels: Labels = None,
    runtime: Runtime = "",
    write: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write a draft of a model folder here.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a network takes and gives, and guess how it is used.

    The guesses are a starting model.toml; a comment on each says why, and what
    to check. Nothing is installed.

    \b
    Examples:
      image-tagger models inspect network.onnx
      image-tagger models inspect birds.tflite --labels labels.txt --write ./birds
    """
    from image_tagger.cli.adding import Given  # noqa: PLC0415 - help shows without it
    from image_tagger.cli.inspecting import inspect  # noqa: PLC0415 - help shows without it

    inspect(path, Given(labels=labels, runtime=runtime), write, as_json=as_json)


@app.command("remove")
def remove_model(name: Name) -> None:
    """Remove a model that was pulled or added, with all its revisions.

    \b
    Example:
      image-tagger models remove microsoft/resnet-50
    """
    from image_tagger.cli.shelving import remove  # noqa: PLC0415 - help shows without it

    typer.echo(remove(name))


@app.command("verify")
def verify_models(names: Names = None) -> None:
    """Run the golden pictures of models and compare the answers.

    Ends with status 1 where a file has changed, or answers have moved further
    than the model allows.

    \b
    Examples:
      image-tagger models verify
      image-tagger models verify Falconsai/nsfw_image_detection
    """
    from image_tagger.cli.shelving import verify  # noqa: PLC0415 - help shows without it

    if not verify(names or []):
        raise typer.Exit(EXIT_FAILED)
