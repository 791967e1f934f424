"""Tells a URL that a job has ended: a signed message, sent again with growing pauses until it is taken."""

import hashlib
import hmac
import json
import time
from typing import Any

from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.jobs import Item, Job, NewJob
from image_tagger.jobs import outcomes
from image_tagger.jobs.context import Context
from image_tagger.jobs.tagging import Order

KIND = "webhook"
ATTEMPTS = 12  # with the pauses between them about twenty minutes
SIGNATURE = "X-Image-Tagger-Signature"
TIMESTAMP = "X-Image-Tagger-Timestamp"


async def run(item: Item, context: Context) -> dict[str, Any] | None:
    """Send the message; at first, make a job of that which is tried more often than what follows a job by itself.

    Raises UnreachableMedia where the URL does not take it.
    """
    number, ledger = item.job.parameters["job"], context.services.ledger
    if item.job.parameters.get("send") is None:
        order = Order.of_json((await ledger.job(number)).parameters)
        if not order.webhook:
            return None
        await ledger.add(NewJob(KIND, {"job": number, "send": order.webhook}, attempts=ATTEMPTS))
        return None
    secret = context.services.bulk.secret
    if not secret:
        raise InvalidRequest("there is no key any more to sign the message with")
    body = json.dumps(await _message(await ledger.job(number), context)).encode()
    await context.services.fetcher.post(item.job.parameters["send"], body, headers(body, secret, int(time.time())))
    return {"sent": True}


def headers(body: bytes, secret: str, now: int) -> dict[str, str]:
    """Of a message: when it was signed, in seconds since 1970, and the HMAC of `<seconds>.<body>`."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", TIMESTAMP: str(now), SIGNATURE: f"sha256={digest}"}


async def _message(job: Job, context: Context) -> dict[str, Any]:
    tally = await context.services.database.read(outcomes.tally, job.id)
    counts = {"pictures": tally.total, "done": tally.done, "failed": tally.failed, "cancelled": tally.cancelled}
    return {"job": {"id": job.id, "state": job.state, **counts}}
