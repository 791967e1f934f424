"""D02 to D06, D15, D16 and D18: batches whose documents can all be treated."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.dialects.cases import as_sent
from tests.dialects.pictures import jpeg, png, tiny_png
from tests.dialects.process.documents import Json, assert_close, base64_of, document, post, success, treated

DEFAULT = 5
EVERYTHING = 100_000


@pytest.fixture(scope="module")
def ranked(client: httpx.Client) -> list[Json]:
    """Every label of the picture of these tests, best first."""
    return treated(client, document("1", jpeg(1)), num_labels=EVERYTHING)[0]


def test_d02_five_labels_come_without_num_labels(client: httpx.Client, ranked: list[Json]) -> None:
    (content,) = treated(client, document("1", jpeg(1)))

    assert content == ranked[:DEFAULT]


def test_d02_the_probabilities_of_all_labels_add_up_to_1(ranked: list[Json]) -> None:
    assert sum(item["probability"] for item in ranked) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("num_labels", "items"),
    [(8, 8), (1, 1), (5, 5), ("3", 3), ("12", 12), (None, 5), (3.0, 5), (2.5, 5), ([3], 5), ({"n": 3}, 5), (True, 1)],
)
def test_d03_num_labels_says_how_many(client: httpx.Client, ranked: list[Json], num_labels: Any, items: int) -> None:
    assert treated(client, document("1", jpeg(1)), num_labels=num_labels) == [ranked[:items]]


def test_d14_bug04_an_empty_num_labels_means_five(client: httpx.Client, ranked: list[Json]) -> None:
    assert treated(client, document("1", jpeg(1)), num_labels="") == [ranked[:DEFAULT]]


@pytest.mark.parametrize("num_labels", [0, -1, "-7", False, -(10**30)])
def test_d14_bug04_num_labels_below_one_is_clipped(
    client: httpx.Client, ranked: list[Json], num_labels: int | str
) -> None:
    assert treated(client, document("1", jpeg(1)), num_labels=num_labels) == [ranked[:1]]


@pytest.mark.parametrize("num_labels", [1000, 100_000, "100000", 10**30])
def test_d14_bug04_num_labels_is_clipped_to_the_number_of_classes(
    client: httpx.Client, ranked: list[Json], num_labels: int | str
) -> None:
    assert treated(client, document("1", jpeg(1)), num_labels=num_labels) == [ranked[:1000]]


@pytest.mark.parametrize("num_classes", [3, "3"])
def test_bug05_num_classes_is_taken_when_num_labels_is_absent(
    client: httpx.Client, ranked: list[Json], num_classes: int | str
) -> None:
    assert treated(client, document("1", jpeg(1)), num_classes=num_classes) == [ranked[:3]]


def test_bug05_num_labels_wins_over_num_classes(client: httpx.Client, ranked: list[Json]) -> None:
    assert treated(client, document("1", jpeg(1)), num_classes=3, num_labels=7) == [ranked[:7]]


def test_d04_every_other_field_comes_back_as_it_was_sent(client: httpx.Client) -> None:
    sent = {
        "zeta": {"nested": [{"deep": [[], {}, None, True, False]}]},
        "id": "caf\u00e9 \u4e16\u754c \U0001f408",
        "large": 2**70,
        "small": -1e-300,
        "whole": 1.0,
        "precise": 0.1 + 0.2,
        "": "an empty name",
        "content": "not this one",
        "source": {
            "before": [1, '\u0000\u001f"\\/</script>'],
            "content": base64_of(jpeg(1)),
            "file_type": "jpg",
            "probability": {"label": ["a", {"b": "c"}]},
            "file_name": None,
            "embedded_depth": -0.0,
        },
        "alpha": "\u2028 last",
    }

    (found,) = success(post(client, sent))["data"]

    expected = copy.deepcopy(sent)
    expected["source"]["content"] = found["source"]["content"]  # type: ignore[index]  # an object of the literal above
    assert as_sent(found) == as_sent(expected)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-8",
        "image/jpeg",
        "multi/",
        "",
    ],
)
def test_d05_the_content_type_is_not_looked_at(client: httpx.Client, content_type: str | None) -> None:
    body = json.dumps({"documents": [document("1", jpeg(1))]}).encode()
    headers = {} if content_type is None else {"Content-Type": content_type}

    assert len(success(client.post("/process", content=body, headers=headers))["data"]) == 1


def test_d05_the_fields_of_the_family_are_accepted_without_effect(client: httpx.Client, ranked: list[Json]) -> None:
    unread = {"cypher": 1, "prompt": "OD", "threshold": [0.5], "anything": {"else": None}}

    assert treated(client, document("1", jpeg(1)), **unread) == [ranked[:DEFAULT]]


def test_d05_white_space_does_not_matter(client: httpx.Client) -> None:
    body = b" \r\n\t" + json.dumps({"documents": [document("1", jpeg(1))]}, indent=4).encode() + b"\n\n"

    assert len(success(client.post("/process", content=body))["data"]) == 1


def test_d06_documents_come_back_in_their_order(client: httpx.Client) -> None:
    names = ["c", "a", "b"]

    data = success(post(client, *(document(name, jpeg(seed)) for seed, name in enumerate(names))))["data"]

    alone = [treated(client, document(name, jpeg(seed)))[0] for seed, name in enumerate(names)]
    assert [found["id"] for found in data] == names
    for found, expected in zip(data, alone, strict=True):
        assert_close(found["source"]["content"], expected)


def test_d06_a_batch_may_be_larger_than_the_queue(client: httpx.Client) -> None:
    data = success(post(client, *(document(n, tiny_png(n % 7), "png") for n in range(300)), num_labels=1))["data"]

    assert [found["id"] for found in data] == list(range(300))


def test_d15_the_same_image_twice_in_a_batch_gives_identical_contents(client: httpx.Client) -> None:
    first, _, second = treated(
        client, document("1", jpeg(1)), document("2", jpeg(2)), document("1", jpeg(1)), num_labels=20
    )

    assert first == second


def test_d15_the_same_request_twice_gives_identical_contents(client: httpx.Client) -> None:
    batch = [document(seed, jpeg(seed)) for seed in range(4)]

    assert treated(client, *batch, num_labels=20) == treated(client, *batch, num_labels=20)


def test_d16_labels_are_written_with_spaces(ranked: list[Json]) -> None:
    labels = [item["label"] for item in ranked]

    assert [label for label in labels if "_" in label or "," in label] == []
    assert any(" " in label for label in labels)


def test_d18_requests_at_once_get_their_own_answers(client: httpx.Client) -> None:
    asked = [(f"caller-{seed}", png(seed), seed + 1) for seed in range(8)]
    alone = [treated(client, document(name, picture, "png"), num_labels=n)[0] for name, picture, n in asked]

    def ask_again(name: str, picture: bytes, n: int) -> Json:
        return success(post(client, document(name, picture, "png"), num_labels=n))

    with ThreadPoolExecutor(8) as callers:
        together = list(callers.map(ask_again, *zip(*asked, strict=True)))

    for (name, _, n), envelope, expected in zip(asked, together, alone, strict=True):
        (found,) = envelope["data"]
        assert (found["id"], len(found["source"]["content"])) == (name, n)
        assert_close(found["source"]["content"], expected)
