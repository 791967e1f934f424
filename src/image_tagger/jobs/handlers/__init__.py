"""Plug-ins, one per kind of job; each offers `async run(item, context)`. The file name is the kind."""
