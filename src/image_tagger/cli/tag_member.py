"""One of several processes that tag a folder: `python -m image_tagger.cli.tag_member ORDERS`."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time

from image_tagger.cli.failure import EXIT_FAILED
from image_tagger.cli.looking import roomy
from image_tagger.cli.model_paths import with_model
from image_tagger.cli.quiet import quietly
from image_tagger.cli.tag_orders import TagOrders
from image_tagger.cli.tag_sharing import wired
from image_tagger.domain.errors import TaggerError
from image_tagger.settings import read_settings

LEAVING = 20.0  # seconds for what is in hand when the command has ended


def main() -> None:
    """Work until told to leave, or until the command has ended; an error of ours is one line on standard error."""
    orders = TagOrders.read(sys.argv[1])
    threading.Thread(target=_leave_with_command, args=[orders.alive], daemon=True).start()
    try:
        with quietly():
            asyncio.run(_work(orders))
    except TaggerError as error:
        sys.stderr.write(f"image-tagger: {error}\n")
        sys.exit(EXIT_FAILED)


async def _work(orders: TagOrders) -> None:
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    settings, model = with_model(roomy(read_settings()), orders.model)
    async with wired(settings, orders.queue, orders.processes) as services:
        await services.preload(model)
        gc.freeze()  # what is there now stays, and need not be looked through again and again
        services.employ()
        await leaving.wait()


def _leave_with_command(alive: int) -> None:
    os.read(alive, 1)  # nobody ever writes: this ends when the other end is closed
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEAVING)
    os._exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
