"""What the predictions of several outputs and of several frames become."""

from typing import Any

from image_tagger.client.finding import Wanted, predictions_of
from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction

LEFT = {"xmin": 0.0, "ymin": 0.0, "xmax": 0.5, "ymax": 1.0}


def one(label: str, score: float, frame: int | None = None, *, box: dict[str, float] | None = None) -> dict[str, Any]:
    """A prediction whose threshold is a half."""
    place = {} if frame is None else {"sequence_index": frame, "sequence_time": float(frame)}
    region = {} if box is None else {"roi": {"region_id": 1, "bbox": box}}
    return {"label_id": 1, "label_name": label, "score": score, "threshold": 0.5, **place, **region}


def data(*outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """A task's data, split at the thresholds."""
    return {
        "outputs": [
            {
                "labels": {
                    "predicted": [entry for entry in output if entry["score"] >= entry["threshold"]],
                    "discarded": [entry for entry in output if entry["score"] < entry["threshold"]],
                }
            }
            for output in outputs
        ]
    }


def test_the_best_of_several_outputs_are_as_many_as_were_asked_for() -> None:
    two = data([one("cat", 0.9), one("dog", 0.8)], [one("day", 0.85), one("night", 0.1)])
    assert predictions_of(two, Wanted(2, 0.0)) == (Prediction("cat", 0.9), Prediction("day", 0.85))
    assert len(predictions_of(two, Wanted(None, 0.0))) == 4


FILM = data([one("cat", 0.75, 0), one("dog", 0.25, 0), one("dog", 1.0, 1), one("cat", 0.0, 1)])


def test_of_a_film_the_mean_of_its_frames_counts() -> None:
    assert predictions_of(FILM, Wanted(None, 0.0)) == (Prediction("dog", 0.625), Prediction("cat", 0.375))
    assert predictions_of(FILM, Wanted(1, 0.0)) == (Prediction("dog", 0.625),)
    assert predictions_of(FILM, Wanted(None, 0.7)) == ()


def test_a_mean_is_held_against_the_models_own_threshold() -> None:
    assert predictions_of(FILM, Wanted()) == (Prediction("dog", 0.625),)


def test_what_has_a_place_in_a_frame_has_no_mean() -> None:
    film = data([one("cat", 0.75, 0, box=LEFT), one("cat", 0.25, 1, box=LEFT)])
    assert predictions_of(film, Wanted(None, 0.0)) == (
        Prediction("cat", 0.75, region=Region(**LEFT)),
        Prediction("cat", 0.25, region=Region(**LEFT)),
    )
    assert predictions_of(film, Wanted()) == (Prediction("cat", 0.75, region=Region(**LEFT)),)
