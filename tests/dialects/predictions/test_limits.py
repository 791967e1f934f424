"""T22 and the known bugs about time, size and addresses: a URL is hostile."""

import gzip
import time

import httpx
import pytest

from tests.dialects.conftest import SMALL_MEDIA, SMALL_PICTURE
from tests.dialects.pictures import bomb, encoded, jpeg, scene
from tests.dialects.predictions.asking import ask, invalid_image, predictions, unreachable
from tests.upstream import Behaviour, ImageHost, answer, drip, endless, redirect, silent

PATIENCE = 1.0  # seconds, of the frugal server
PRIVATE = [
    "127.0.0.1", "localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]",
    "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1",
    "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fd00::1]",
    "[ff02::1]",
]  # fmt: skip


@pytest.mark.parametrize("behaviour", [silent, drip])
def test_t22_bug05_a_host_that_does_not_answer_is_unreachable(
    frugal_client: httpx.Client, host: ImageHost, behaviour: Behaviour
) -> None:
    url = host.on("/slow.jpg", behaviour)
    began = time.monotonic()

    assert unreachable(ask(frugal_client, url))
    assert PATIENCE * 0.9 <= time.monotonic() - began < PATIENCE + 3


def test_t22_bug05_redirects_do_not_buy_time(frugal_client: httpx.Client, host: ImageHost) -> None:
    host.on("/silent.jpg", silent)
    began = time.monotonic()

    assert unreachable(ask(frugal_client, host.on("/to-silence", redirect("/silent.jpg"))))
    assert time.monotonic() - began < PATIENCE + 3


def test_bug06_a_picture_within_the_budgets_is_tagged(frugal_client: httpx.Client, host: ImageHost) -> None:
    within = encoded(scene(1, (1000, SMALL_PICTURE // 1000)), "JPEG")
    assert len(within) <= SMALL_MEDIA

    assert len(predictions(frugal_client, host.on("/within.jpg", answer(within)), top=3)) == 3


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answer(jpeg(1) + bytes(SMALL_MEDIA)), id="too many bytes"),
        pytest.param(answer(jpeg(1), promised=10**15), id="too many bytes promised"),
        pytest.param(endless, id="an endless stream"),
        pytest.param(
            answer(gzip.compress(bytes(100 * SMALL_MEDIA)), headers=("Content-Encoding: gzip",)),
            id="too many bytes unpacked",
        ),
        pytest.param(answer(encoded(scene(1, (1001, SMALL_PICTURE // 1000)), "JPEG")), id="too many pixels"),
    ],
)
def test_bug06_an_oversize_picture_is_invalid(
    frugal_client: httpx.Client, host: ImageHost, behaviour: Behaviour
) -> None:
    found = ask(frugal_client, host.on("/oversize.jpg", behaviour))

    assert invalid_image(found)


@pytest.mark.parametrize("side", [10_001, 20_000])
def test_bug06_a_decompression_bomb_is_invalid(client: httpx.Client, host: ImageHost, side: int) -> None:
    assert invalid_image(ask(client, host.on("/bomb.png", answer(bomb(side)))))


@pytest.mark.parametrize("name", PRIVATE)
def test_bug10_a_private_address_is_unreachable_by_default(
    guarded_client: httpx.Client, host: ImageHost, name: str
) -> None:
    path = host.on("/private.jpg", answer(jpeg(1))).removeprefix(host.address)

    assert unreachable(ask(guarded_client, f"http://{name}:{host.port}{path}"))
    assert host.requests_to(path) == []


def test_bug10_one_setting_allows_private_addresses(client: httpx.Client, host: ImageHost) -> None:
    url = host.on("/allowed.jpg", answer(jpeg(1)))

    assert len(predictions(client, url)) == 1
    assert len(host.requests_to("/allowed.jpg")) == 1


@pytest.mark.parametrize(
    "url",
    [
        "{host}/ph\u00f6to.jpg", "{host}/\U0001f408.jpg", "{host}/\x00.jpg", "{host}/%", "{host}/%zz.jpg", "{host}/%00",
        "http://ex\u00e4mple.invalid/", "http://\ufffd\ufffd/", "http://" + "a" * 64 + ".invalid/", "http://a..invalid/",
        "http://" + "a." * 200 + "invalid/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:-1/",
        "http://127.0.0.1:x/", "http://[::1/", "http://[nonsense]/", "http://user:pass@no-such-host.invalid/", "http://%31/",
        "http://-.invalid/", "http://xn--/", "http://\u2028/", "http://1.2.3.4.5/", "http://999.999.999.999/", "http://@/",
        "{host}/\\..\\photo.jpg", "http://no-such-host.invalid" + "/x" * 15_000,
    ],
)  # fmt: skip
def test_bug04_a_strange_url_is_an_error_in_the_documented_words(
    client: httpx.Client, host: ImageHost, url: str
) -> None:
    found = ask(client, url.replace("{host}", host.address))

    refused = found.status_code == 422 and found.json()["error"]["type"] == "ValidationError"
    assert refused or unreachable(found)
