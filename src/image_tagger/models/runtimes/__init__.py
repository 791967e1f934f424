"""Plug-ins that open a network's file and run it; each offers `load(files, device, options) -> Runtime`."""
