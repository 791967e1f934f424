"""A client who hangs up in the middle of a batch does not keep the server busy."""

import base64
import json
import socket

from image_tagger.settings import Settings
from tests.pictures import jpeg
from tests.server import Address, serving

DOCUMENTS = 3000
ASKED = 2000  # times at most; the status comes within milliseconds


def test_a_batch_whose_client_left_is_given_up() -> None:
    content = base64.b64encode(jpeg()).decode()
    document = {"id": 1, "source": {"file_type": "jpg", "content": content}}
    body = json.dumps({"documents": [document] * DOCUMENTS}).encode()
    with serving(Settings()) as address:
        with socket.create_connection(("127.0.0.1", address.port)) as client:
            client.sendall(b"POST /process HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            _wait_for(address, "Start tagging")
        _wait_for(address, "Failed")
        _, metrics = address.raw_get("/metrics")
        treated = float(metrics.partition('image_tagger_pictures_total{model="starter"}')[2].split()[0])
        assert treated < DOCUMENTS


def _wait_for(address: Address, status: str) -> None:
    assert any(status in address.raw_get("/work/status")[1] for _ in range(ASKED))
