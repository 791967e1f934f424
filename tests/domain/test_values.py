"""Values that cannot be wrong once they exist."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidModel, InvalidRequest
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet, keras, plain
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Constant, Preprocessing, Resize, Spec


@pytest.mark.parametrize("score", [-0.01, 1.01, math.nan, math.inf])
def test_a_score_lies_between_0_and_1(score: float) -> None:
    with pytest.raises(InvalidModel):
        Prediction("cat", score)


@pytest.mark.parametrize(("top", "least"), [(0, 0.0), (-3, 0.0), (1, -0.1), (1, 1.1), (1, math.nan)])
def test_a_selection_asks_for_something(top: int, least: float) -> None:
    with pytest.raises(InvalidRequest):
        Selection(top=top, min_score=least)


def test_a_selection_of_one_is_one() -> None:
    assert Selection(top=1).top == 1
    assert Selection().min_score == 0.0


@pytest.mark.parametrize("names", [(), ("cat", ""), (" ",)])
def test_a_label_set_has_labels(names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidModel):
        LabelSet(names)


@pytest.mark.parametrize(("fraction", "std"), [(0.0, 1.0), (1.1, 1.0), (1.0, 0.0)])
def test_a_preprocessing_can_be_carried_out(fraction: float, std: float) -> None:
    with pytest.raises(InvalidModel):
        Preprocessing(Size(4, 4), fraction=fraction, std=(1.0, 1.0, std))


@pytest.mark.parametrize(
    "numbers",
    [
        {"size": Size(4097, 1)},
        {"resize": Resize.SHORTEST, "before_crop": Size(1, 5000)},
        {"fill": (0, 0, 256)},
        {"fill": (-1, 0, 0)},
        {"multiple": 32},
        {"multiple": 0, "resize": Resize.NETWORK},
        {"multiple": 5000, "resize": Resize.NETWORK},
    ],
)
def test_a_rectangle_has_sides_and_colours_that_exist(numbers: dict[str, Any]) -> None:
    with pytest.raises(InvalidModel):
        Preprocessing(**{"size": Size(4, 4), **numbers})


@pytest.mark.parametrize(
    ("tensor", "shape", "data"),
    [
        ("", (1,), (1.0,)),
        ("im_info", (2,), (1.0,)),
        ("im_info", (-1,), (1.0,)),
        ("im_info", (0,), ()),
        ("im_info", (10_000_000,), (1.0,)),
        ("im_info", (1,), ("data",)),
        ("im_info", (1,), ("data.height",)),
    ],
)
def test_a_constant_fills_its_shape(tensor: str, shape: tuple[int, ...], data: tuple[float | str, ...]) -> None:
    with pytest.raises(InvalidModel):
        Constant(tensor, shape, data)


@pytest.mark.parametrize("thresholds", [(0.5,), (0.5, 0.5, 0.5), (0.5, 1.1), (0.5, math.nan)])
def test_there_is_a_threshold_for_each_label_or_none(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(InvalidModel):
        Spec(LabelSet(("cat", "dog")), "classification", thresholds=thresholds)


@pytest.mark.parametrize(
    ("label", "with_spaces", "with_underscores"),
    [
        ("golden retriever", "golden retriever", "golden_retriever"),
        ("tabby, tabby cat", "tabby", "tabby"),
        ("lawn_mower", "lawn mower", "lawn_mower"),
        ("jack-o'-lantern", "jack-o'-lantern", "jack-o'-lantern"),
        ("Egyptian cat", "Egyptian cat", "Egyptian_cat"),
    ],
)
def test_a_label_has_two_spellings(label: str, with_spaces: str, with_underscores: str) -> None:
    assert plain(label) == with_spaces
    assert keras(label) == with_underscores


@given(st.text())
def test_no_spelling_holds_a_comma_and_each_has_its_own_gap(label: str) -> None:
    assert not {",", "_"} & set(plain(label))
    assert not {",", " "} & set(keras(label))
