"""A database that restarts while a client waits."""

import threading
from pathlib import Path

from image_tagger.client import Client
from image_tagger.settings import Settings
from tests.postgresql import Cluster
from tests.server import serving


def test_a_task_is_waited_for_while_the_database_restarts(cluster: Cluster, tmp_path: Path, photo: bytes) -> None:
    settings = Settings(data_dir=tmp_path, database_url=cluster.new_database())
    with serving(settings) as address, Client(address.url) as client:
        task = client.submit(photo, "starter", top=1, min_confidence=0.0)
        cluster.stop()
        back = threading.Timer(1.0, cluster.start)
        back.start()
        try:
            assert len(client.wait(task)) == 1
        finally:
            back.join()
