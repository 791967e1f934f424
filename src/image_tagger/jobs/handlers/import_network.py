"""Checks an uploaded network in a process of its own, and notes what was found or why it cannot be used."""

import asyncio
from typing import Any

import structlog

from image_tagger.domain.errors import InvalidModel, TaggerError
from image_tagger.domain.jobs import Item
from image_tagger.domain.recognition import NetworkState, StoredNetwork
from image_tagger.jobs.context import Context
from image_tagger.jobs.handling import MAY_PASS
from image_tagger.jobs.platform import Platform
from image_tagger.models.platform.checking import check

UNFORESEEN = "its check failed for a reason that nobody foresaw; the server's log names it"

log = structlog.get_logger(__name__)


async def run(item: Item, context: Context) -> dict[str, Any]:
    """What was found. Raises InvalidModel or MissingExtra with the reason; UnknownResource where it was removed."""
    platform = context.services.platform
    network = await asyncio.to_thread(platform.registry.network_of_task, item.job.id)
    number = network.id
    try:
        findings = await asyncio.to_thread(_checked, network, platform)
    except MAY_PASS:
        raise
    except TaggerError as error:
        refusal = {"reason": str(error)}
        await asyncio.to_thread(platform.registry.note_check, number, NetworkState.REFUSED, refusal)
        raise
    await asyncio.to_thread(platform.registry.note_check, number, NetworkState.READY, findings)
    return {"network_id": number, **findings}


def _checked(network: StoredNetwork, platform: Platform) -> dict[str, Any]:
    """What was found. Raises only what the domain has words for."""
    try:
        return check(network.draft, platform.versions.files(network), platform.engine.limits)
    except TaggerError:
        raise
    except Exception as error:  # of libraries on files that strangers send: no network may wait for its check for good
        log.exception("the check of a network failed for a reason that nobody foresaw", network=network.id)
        raise InvalidModel(UNFORESEEN) from error
