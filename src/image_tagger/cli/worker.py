"""`image-tagger worker`: jobs done by a process that serves nothing."""


def worker() -> None:
    """Do jobs, as `serve` does, until Ctrl-C or SIGTERM.

    With IMAGE_TAGGER_DATABASE_URL on PostgreSQL, on as many machines as there is
    work for; their files must be reachable under the same names.
    IMAGE_TAGGER_JOB_PLACES says how many items are done at a time.

    \b
    Examples:
      image-tagger worker
      IMAGE_TAGGER_DATABASE_URL=postgresql://tagger@db/tagger image-tagger worker
    """
    from image_tagger.cli.working import work  # noqa: PLC0415 - help shows without it

    work()
