"""A client who hangs up in the middle of a film does not keep the server busy."""

import re
import socket
from pathlib import Path

from image_tagger.settings import Settings
from tests.dialects.films import SEA, animation
from tests.dialects.verdicts.judging import policy
from tests.server import Address, serving

FRAMES = 1500
ASKED = 5000  # times at most; what is waited for comes within a second
HEAD = b"POST /api/moderation?every=1f HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"


def test_a_film_whose_client_left_is_given_up(tmp_path: Path) -> None:
    request = HEAD + form(file=animation(*[SEA] * FRAMES), policy=policy("lemon", 1.0).encode())
    with serving(Settings(data_dir=tmp_path)) as address:
        with socket.create_connection(("127.0.0.1", address.port)) as client:
            client.sendall(request)
            assert any(metric(address, "pictures_total{") > 5 for _ in range(ASKED))
        assert any(metric(address, "queries_in_progress ") == 0 for _ in range(ASKED))
        assert metric(address, "pictures_total{") < FRAMES
        assert not [file for file in (tmp_path / "spool").rglob("*") if file.is_file() and file.name != "lock"]


def form(**parts: bytes) -> bytes:
    """The rest of a request, from the length of its body on."""
    begin = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = b"".join(begin % (name.encode(), content) for name, content in parts.items()) + b"--b--\r\n"
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def metric(address: Address, name: str) -> float:
    """The value of a metric; 0 where it is not there yet."""
    _, metrics = address.raw_get("/metrics")
    found = re.search(rf"^image_tagger_{re.escape(name)}.*?([\d.]+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0
