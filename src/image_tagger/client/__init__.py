"""Asks an Image Tagger server from Python: `Client` waits for its answers, `AsyncClient` is awaited."""

from image_tagger.client.awaiting import AsyncClient
from image_tagger.client.blocking import Client
from image_tagger.client.inferring import Task
from image_tagger.client.judging import Reason, Verdict
from image_tagger.client.networks import Classification, Detection, Network, PictureInput, Specification, Version

__all__ = [
    "AsyncClient",
    "Classification",
    "Client",
    "Detection",
    "Network",
    "PictureInput",
    "Reason",
    "Specification",
    "Task",
    "Verdict",
    "Version",
]
