"""One whole flow on each kind of database: upload, version, inference, traffic switched, everything removed."""

from pathlib import Path

from pydantic import SecretStr

from image_tagger.settings import Settings
from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import Door
from tests.server import open_client, serving

ALL = {"classification": {"output_tensor": "shares", "thresholds": [0.0] * 3}}
NOTHING = {"classification": {"output_tensor": "shares", "thresholds": [1.0] * 3}}


def test_a_whole_flow(database_url: str, tmp_path: Path, network_file: Path, photo: bytes) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=SecretStr(database_url))
    with serving(settings) as address, open_client(address) as http:
        door = Door(http)
        network, spec = door.upload(colours(network_file)), door.spec()
        assert door.ended(network["task_id"])["status"] == "success"
        first, second = door.version(network, spec, [ALL]), door.version(network, spec, [NOTHING])
        path = f"/recognition/specs/{spec['id']}"
        assert len(door.labels(path, photo)["predicted"]) == 3
        assert door.patch(f"{path}/", {"current_version_id": second["id"]}).status_code == 200
        assert door.labels(path, photo)["predicted"] == []
        assert door.get(f"{path}/versions").json()["count"] == 2
        assert door.get("/tasks/").json()["count"] == 3

    with serving(settings) as address, open_client(address) as http:  # after a restart
        door = Door(http)
        assert len(door.labels(f"/recognition/versions/{first['id']}", photo)["predicted"]) == 3
        assert door.delete(f"/networks/{network['id']}/").status_code == 204
        assert door.get(f"/recognition/versions/{first['id']}/").status_code == 410
        assert door.get(f"{path}/").json()["current_version_id"] is None
        assert door.post(f"{path}/inference", {"inputs": []}).status_code == 400
