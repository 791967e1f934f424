"""The command line: `image-tagger serve | tag | moderate | models | doctor`."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command, by default this process's own; always ends with SystemExit."""
    from image_tagger.cli.commands import run  # noqa: PLC0415 - the server's processes live in this package, too

    run(arguments)
