"""Plug-ins that read a network's output; each offers `read(output, spec, selection) -> predictions`."""
