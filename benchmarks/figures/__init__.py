"""Plug-ins, one per figure; each offers `measure(setup) -> Figure`. The file name is what `--only` takes."""
