"""How the processes that tag one folder share the machine, and the services of each of them."""

import asyncio
import os
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.specs import Version
from image_tagger.engine.memory import machine_bytes
from image_tagger.jobs.office import Office
from image_tagger.jobs.portions import Portions
from image_tagger.jobs.rules import Rules
from image_tagger.media.listing import Listing
from image_tagger.media.suffixes import picture_suffixes
from image_tagger.services import Services, wire
from image_tagger.settings import Settings

PLACES = 2  # chunks at a time: while one is being reported, the other keeps the processor busy
LEASE = 5.0  # seconds: nobody else works on this queue
LARGE = 2000  # pictures that take longer than a second process takes to start
PROCESS = 200 * 1024 * 1024  # bytes of a process with a small network
COPIES = 3  # of the bytes of a network's file that it takes in memory, with what it works with
NVIDIA = Path("/dev/nvidiactl")  # is there where `auto` may mean a device that processes would have to share


async def processes_for(settings: Settings, model: str, folder: Path, *, recursive: bool) -> int:
    """How many processes tag a folder: one per core, as far as networks find room; one where the folder is small.

    A number that the operator has set is taken as it is. Raises what `Resolver.version` raises.
    """
    if sys.platform == "win32":  # it hands on no pipes as files
        return 1
    if settings.processes:
        return settings.processes
    most = min(os.cpu_count() or 1, settings.threads)
    if most == 1 or not await asyncio.to_thread(_is_large, folder, recursive=recursive):
        return 1
    async with wire(settings) as services:
        version = await services.resolver.version(model)
    if _shares_a_device(settings):
        most = min(most, settings.processes_used)
    return max(min(most, _room(settings) // _bytes(version)), 1)


def wired(settings: Settings, queue: str, processes: int = 1) -> Services:
    """Services whose worker does the jobs of this queue and nothing else, as one of so many processes."""
    threads = -(-settings.threads // processes)
    part = {"threads": threads, "model_memory_bytes": _room(settings) // processes}
    keep = settings.job_retention_days * 24 * 3600.0
    office = Office(
        settings.data_dir,
        settings.database_url.get_secret_value().strip(),
        Rules(queue, PLACES, LEASE, retention_seconds=keep),
    )
    services = wire(settings.model_copy(update=part))
    return replace(services, office=office, bulk=replace(services.bulk, portions=Portions(threads, processes)))


def _room(settings: Settings) -> int:
    """Bytes that all networks may take."""
    return settings.model_memory_bytes or machine_bytes() // 2


def _shares_a_device(settings: Settings) -> bool:
    """Networks may run where all processes compete for memory that nobody can ask about."""
    return NVIDIA.exists() if settings.device == "auto" else settings.device != "cpu"


def _bytes(version: Version) -> int:
    """Of a process, about."""
    file = version.network.file
    return PROCESS + COPIES * (file.stat().st_size if file.is_file() else 0)


def _is_large(folder: Path, *, recursive: bool) -> bool:
    names = Listing(folder, picture_suffixes(), recursive).files()
    try:
        return next(islice(names, LARGE - 1, None), None) is not None
    except InvalidRequest:  # the job will say so
        return False
