"""Checks an uploaded network in a process of its own, and notes what was found or why it cannot be used."""

import asyncio
from typing import Any

from image_tagger.domain.errors import InvalidModel, MissingExtra
from image_tagger.domain.jobs import Item
from image_tagger.domain.recognition import NetworkState
from image_tagger.jobs.context import Context
from image_tagger.models.platform.checking import check


async def run(item: Item, context: Context) -> dict[str, Any]:
    """What was found. Raises InvalidModel or MissingExtra with the reason; UnknownResource where it was removed."""
    platform = context.services.platform
    network = await asyncio.to_thread(platform.registry.network_of_task, item.job.id)
    number = network.id
    files = await asyncio.to_thread(platform.versions.files, network)
    try:
        findings = await asyncio.to_thread(check, network.draft, files, platform.engine.limits)
    except (InvalidModel, MissingExtra) as error:
        refusal = {"reason": str(error)}
        await asyncio.to_thread(platform.registry.note_check, number, NetworkState.REFUSED, refusal)
        raise
    await asyncio.to_thread(platform.registry.note_check, number, NetworkState.READY, findings)
    return {"network_id": number, **findings}
