"""Plug-ins that open a network's file and run it; each offers `load(files, device, options) -> Runtime`."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime reports to its makers, without asking
