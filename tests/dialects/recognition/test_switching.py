"""Traffic goes on while a specification's current version changes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.dialects.pictures import jpeg
from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import Door

REQUESTS = 60


def test_no_request_is_lost(door: Door, network_file: Path) -> None:
    network = door.upload(colours(network_file))
    door.ended(network["task_id"])
    spec = door.spec()
    path = f"/recognition/specs/{spec['id']}"
    thresholds = ([0.0] * 3, [1.0] * 3)
    versions = [
        door.version(network, spec, [{"classification": {"output_tensor": "shares", "thresholds": each}}])["id"]
        for each in thresholds
    ]
    picture = jpeg(1)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(door.labels, path, picture, show_discarded=True) for _ in range(REQUESTS)]
        for turn in range(10):
            changed = door.patch(f"{path}/", {"current_version_id": versions[turn % 2]})
            assert changed.status_code == 200
        found = [future.result() for future in asked]
    counts = {(len(one["predicted"]), len(one["discarded"])) for one in found}
    assert len(found) == REQUESTS
    assert counts <= {(3, 0), (0, 3)}
