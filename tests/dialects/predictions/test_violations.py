"""T06 to T10: what a wrong parameter is told, beyond the documented answers of test_documented.py."""

import httpx
import pytest

from tests.dialects.predictions.asking import ask, violation

URL = ["query", "url"]


@pytest.mark.parametrize("url", ["ftp://example.com/photo.jpg", "file:///etc/passwd", "javascript://x", "gopher://x/1"])
def test_t09_another_scheme_is_not_permitted(client: httpx.Client, url: str) -> None:
    entry = violation(ask(client, url))

    assert list(entry) == ["loc", "msg", "message", "type", "ctx"]
    assert (entry["loc"], entry["type"]) == (URL, "value_error.url.scheme")
    assert entry["msg"] == "URL scheme not permitted"
    assert sorted(entry["ctx"]["allowed_schemes"]) == ["http", "https"]


@pytest.mark.parametrize("url", ["nowhere", "example.com/photo.jpg", "/photo.jpg", "//example.com/photo.jpg"])
def test_t09_a_scheme_is_needed(client: httpx.Client, url: str) -> None:
    entry = violation(ask(client, url))

    assert (entry["loc"], entry["type"]) == (URL, "value_error.url.scheme")
    assert entry["msg"] == "invalid or missing URL scheme"


def test_t09_an_empty_url(client: httpx.Client) -> None:
    entry = violation(ask(client, ""))

    assert (entry["loc"], entry["type"]) == (URL, "value_error.any_str.min_length")
    assert entry["msg"] == "ensure this value has at least 1 characters"


@pytest.mark.parametrize("url", ["http://", "https:///photo.jpg", "http://?x=1", "http://:80/photo.jpg"])
def test_t09_a_url_without_host(client: httpx.Client, url: str) -> None:
    assert violation(ask(client, url))["loc"] == URL


@pytest.mark.parametrize("url", ["http://example.com/a photo.jpg", "http://example.com/p.jpg\nX: y"])
def test_t09_a_raw_space_or_the_like(client: httpx.Client, url: str) -> None:
    entry = violation(ask(client, url))

    assert (entry["loc"], entry["type"]) == (URL, "value_error.url.extra")
    assert entry["msg"].startswith("URL invalid, extra characters found after valid URL: ")


@pytest.mark.parametrize("top", ["9" * 5000, "-" + "9" * 5000, "1e3", "0x10", "NaN", "true", "٣x", "\x00"])
def test_t06_a_strange_top_is_a_violation(client: httpx.Client, photo: str, top: str) -> None:
    assert violation(ask(client, photo, top=top))["loc"] == ["query", "top"]


@pytest.mark.parametrize("minconf", ["9" * 5000, "1e400", "-1e400", "1,5", "0x1", "true", "\x00", "0.5.5"])
def test_t07_a_strange_minconf_is_a_violation(client: httpx.Client, photo: str, minconf: str) -> None:
    assert violation(ask(client, photo, minconf=minconf))["loc"] == ["query", "minconf"]


@pytest.mark.parametrize("minconf", ["-0.1", "-1e-300", "-5", "-inf"])
def test_t08_bug01_minconf_below_zero_is_refused(client: httpx.Client, photo: str, minconf: str) -> None:
    entry = violation(ask(client, photo, minconf=minconf))

    assert entry["type"] == "value_error.number.not_ge"
    assert repr(entry["ctx"]) == "{'limit_value': 0.0}"


def test_t10_bug08_every_entry_has_both_texts_in_order(client: httpx.Client) -> None:
    answer = client.get("/predictions?top=0&minconf=2")

    entries = answer.json()["error"]["detail"]
    assert [entry["loc"] for entry in entries] == [["query", "url"], ["query", "top"], ["query", "minconf"]]
    assert all(entry["msg"] == entry["message"] for entry in entries)
    assert [list(entry)[:4] for entry in entries] == [["loc", "msg", "message", "type"]] * 3


@pytest.mark.parametrize("query", ["url=%ff", "url=%ED%A0%80", "url=%zz", "%00=%00&=&&"])
def test_broken_encodings_are_violations(client: httpx.Client, query: str) -> None:
    assert violation(client.get(f"/predictions?{query}"))["loc"] == URL
