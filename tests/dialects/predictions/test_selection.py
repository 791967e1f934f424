"""T02 to T05: which labels come back."""

import httpx
import pytest

from tests.dialects.cases import as_sent
from tests.dialects.predictions.asking import Predictions, all_predictions, ask, predictions
from tests.server import Address


@pytest.fixture(scope="module")
def everything(client: httpx.Client, photo: str) -> Predictions:
    """Every label of the photo, best first."""
    return all_predictions(client, photo)


def between(ranked: Predictions, kept: int) -> float:
    """A confidence that the best `kept` labels reach and no other."""
    threshold: float = (ranked[kept - 1]["confidence"] + ranked[kept]["confidence"]) / 2
    assert ranked[kept - 1]["confidence"] > threshold > ranked[kept]["confidence"]
    return threshold


def test_t02_a_url_alone_gives_the_one_best_label(client: httpx.Client, photo: str, everything: Predictions) -> None:
    answer = ask(client, photo)

    assert answer.status_code == 200
    assert as_sent(answer.json()) == as_sent({"url": photo, "predictions": everything[:1]})


def test_t02_a_prediction_is_a_label_and_a_number(everything: Predictions) -> None:
    assert {tuple(prediction) for prediction in everything} == {("label", "confidence")}
    assert {(type(p["label"]), type(p["confidence"])) for p in everything} == {(str, float)}


@pytest.mark.parametrize("top", [1, 2, 5, 20])
def test_t03_top_gives_the_best_n(client: httpx.Client, photo: str, everything: Predictions, top: int) -> None:
    assert predictions(client, photo, top=top) == everything[:top]


def test_t03_top_1000_gives_all_there_are(client: httpx.Client, photo: str, everything: Predictions) -> None:
    best_1000 = predictions(client, photo, top=1000)

    assert best_1000 == everything[:1000]
    assert 5 < len(best_1000) <= 1000


def test_t03_confidences_descend_in_0_to_1_and_add_up_to_1(everything: Predictions) -> None:
    confidences = [prediction["confidence"] for prediction in everything]

    assert confidences == sorted(confidences, reverse=True)
    assert confidences[-1] >= 0
    assert confidences[0] <= 1
    assert sum(confidences) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kept", [1, 2, 3, 7])
def test_t04_minconf_keeps_exactly_those_above(
    client: httpx.Client, photo: str, everything: Predictions, kept: int
) -> None:
    assert predictions(client, photo, minconf=between(everything, kept)) == everything[:kept]


@pytest.mark.parametrize("rank", [0, 1, 4])
def test_t04_minconf_is_inclusive(client: httpx.Client, photo: str, everything: Predictions, rank: int) -> None:
    exactly = everything[rank]["confidence"]

    found = predictions(client, photo, minconf=repr(exactly))

    assert found == [prediction for prediction in everything if prediction["confidence"] >= exactly]
    assert everything[rank] in found


def test_t04_minconf_above_the_best_gives_an_empty_list(
    client: httpx.Client, photo: str, everything: Predictions
) -> None:
    assert everything[0]["confidence"] < 1
    assert predictions(client, photo, minconf=1) == []
    assert predictions(client, photo, minconf=(everything[0]["confidence"] + 1) / 2) == []


def test_t05_top_and_a_low_minconf(client: httpx.Client, photo: str, everything: Predictions) -> None:
    assert predictions(client, photo, top=3, minconf=1e-9) == everything[:3]


def test_t05_top_and_a_high_minconf(client: httpx.Client, photo: str, everything: Predictions) -> None:
    assert predictions(client, photo, top=5, minconf=between(everything, 1)) == everything[:1]


def test_t05_top_and_a_minconf_of_zero(client: httpx.Client, photo: str, everything: Predictions) -> None:
    assert predictions(client, photo, top=4, minconf=0) == everything[:4]


@pytest.mark.parametrize("zero", ["0", "0.0", "-0", "0e5"])
def test_bug09_minconf_of_zero_alone_gives_every_label(
    client: httpx.Client, photo: str, everything: Predictions, zero: str
) -> None:
    assert predictions(client, photo, minconf=zero) == everything
    assert everything[:1] == predictions(client, photo)


def test_a_parameter_given_twice_counts_with_its_last_value(
    client: httpx.Client, server: Address, photo: str, everything: Predictions
) -> None:
    valid = client.get(f"/predictions?url=nonsense&url={photo}&top=0&top=3&minconf=5&minconf=0")
    status, _ = server.raw_get(f"/predictions?url={photo}&top=3&top=0")

    assert (valid.status_code, valid.json()) == (200, {"url": photo, "predictions": everything[:3]})
    assert status == 422


def test_unknown_parameters_are_ignored(client: httpx.Client, photo: str, everything: Predictions) -> None:
    assert predictions(client, photo, top=2, model="", labels="cat", Top=0) == everything[:2]
