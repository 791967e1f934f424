"""The check of an upload may be lost or end without an answer; no network is left in between for good."""

import asyncio
import hashlib
from pathlib import Path

from image_tagger.domain.jobs import NewJob
from image_tagger.domain.recognition import NetworkDraft, NetworkFile
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from image_tagger.settings import Settings
from image_tagger.store.registry import add_network
from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import ALIAS, CLASSIFICATION, Door, Wire, names, preprocessing
from tests.server import open_client, serving


async def leave_behind(data_dir: Path, file: Path, *, cancelled: bool, described: Wire | None = None) -> int:
    """What is in the store when the check of a network has been forgotten, or was cancelled before it began."""
    office = Office(data_dir, "", Rules())
    content = await asyncio.to_thread(file.read_bytes)
    await office.blobs.add(content)
    kept = NetworkFile(file.name, hashlib.sha256(content).hexdigest(), len(content))
    wanted = preprocessing() if described is None else described
    draft = NetworkDraft("left", "onnx", wanted, (kept,), metadata={})
    try:
        task_id = None
        if cancelled:
            task_id = (await office.ledger.add(NewJob("import_network"))).id
            await office.ledger.cancel(task_id)
        return await office.database.write(add_network, draft, task_id)
    finally:
        await office.close()


def test_a_lost_check_is_made_up_for(tmp_path: Path, network_file: Path, photo: bytes) -> None:
    number = asyncio.run(leave_behind(tmp_path, colours(network_file), cancelled=False))
    with serving(Settings(data_dir=tmp_path)) as address, open_client(address) as http:
        door = Door(http)
        version = door.version({"id": number}, door.spec())
        found = door.labels(f"/recognition/versions/{version['id']}", photo, show_discarded=True)
        assert len(names(found["predicted"] + found["discarded"])) == 3
        task_id = door.get(f"/networks/{number}/").json()["task_id"]
        assert door.ended(task_id)["data"]["network_id"] == number


def test_a_cancelled_check_refuses(tmp_path: Path, network_file: Path, photo: bytes) -> None:
    number = asyncio.run(leave_behind(tmp_path, colours(network_file), cancelled=True))
    with serving(Settings(data_dir=tmp_path)) as address, open_client(address) as http:
        door = Door(http)
        version = door.version({"id": number}, door.spec())
        task = door.ask(f"/recognition/versions/{version['id']}", photo)
        assert "its check was cancelled" in task["error"]
        assert door.get(f"/tasks/{door.get(f'/networks/{number}/').json()['task_id']}/").json()["status"] == "error"


def test_a_check_that_fails_for_an_unforeseen_reason_refuses(tmp_path: Path, network_file: Path, photo: bytes) -> None:
    number = asyncio.run(leave_behind(tmp_path, colours(network_file), cancelled=False, described={}))
    settings = Settings(data_dir=tmp_path, model_aliases={ALIAS: "starter"})
    with serving(settings) as address, open_client(address) as http:
        door = Door(http)
        door.labels(f"/recognition/public/{ALIAS}", photo)  # this looks for checks that were lost
        task = door.ended(door.get(f"/networks/{number}/").json()["task_id"])
        assert (task["status"], "nobody foresaw" in task["error"]) == ("error", True)
        body = {"network_id": number, "spec_id": door.spec()["id"], "post_processings": CLASSIFICATION}
        refused = door.post("/recognition/versions/", body)
        assert refused.status_code == 400
        assert "nobody foresaw" in refused.json()["error"]
