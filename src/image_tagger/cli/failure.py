"""Exit statuses: 0 all went well, 1 something failed, 2 the command line is wrong (Typer's own)."""

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # as shells say it for Ctrl-C
