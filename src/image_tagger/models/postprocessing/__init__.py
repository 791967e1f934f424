"""Plug-ins that read a network's outputs; each offers `read(outputs, spec, selection, placement) -> predictions`."""
