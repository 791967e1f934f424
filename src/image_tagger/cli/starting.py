"""One of several server processes: `python -m image_tagger.cli.starting ORDERS`."""

import gc


def main() -> None:
    """Serve until told otherwise; ends with SystemExit."""
    gc.disable()  # until the server has started: nearly all that is made before stays
    from image_tagger.cli import member

    member.main()


if __name__ == "__main__":
    main()
