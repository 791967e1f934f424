"""Weights rounded one after the other lose less than each to its nearest step."""

from importlib import import_module
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
rounding: Any = import_module("training.rounding")  # after torch, which may not be there
STEPS = rounding.STEPS


@pytest.fixture
def filters() -> Any:
    return torch.randn(8, 48, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def rows() -> Any:
    """Inputs that depend on each other, as neighbouring pixels do."""
    generator = torch.Generator().manual_seed(6)
    return torch.randn(4000, 12, generator=generator) @ torch.randn(12, 48, generator=generator)


def loss(filters: Any, grid: Any, rows: Any) -> float:
    return float(((filters - grid) @ rows.T).square().mean())


def test_rounding_in_turn_keeps_the_outputs_better_than_the_nearest_steps(filters: Any, rows: Any) -> None:
    steps = filters.abs().amax(1) / STEPS
    nearest = (filters / steps[:, None]).round() * steps[:, None]
    in_turn = rounding.round_filters(filters, rows.T @ rows / len(rows), steps) * steps[:, None]
    assert loss(filters, in_turn, rows) < loss(filters, nearest, rows) / 4


def test_rounded_weights_are_whole_numbers_of_steps_within_seven_bits(filters: Any, rows: Any) -> None:
    whole = rounding.round_filters(filters, rows.T @ rows / len(rows), filters.abs().amax(1) / STEPS)
    assert torch.equal(whole, whole.round())
    assert int(whole.abs().max()) <= STEPS


def test_independent_inputs_leave_nothing_to_hand_on(filters: Any) -> None:
    steps = filters.abs().amax(1) / STEPS
    assert torch.equal(rounding.round_filters(filters, torch.eye(48), steps), (filters / steps[:, None]).round())


def test_weights_on_the_grid_stay_as_they_are(filters: Any, rows: Any) -> None:
    steps = filters.abs().amax(1) / STEPS
    whole = (filters / steps[:, None]).round()
    assert torch.equal(rounding.round_filters(whole * steps[:, None], rows.T @ rows / len(rows), steps), whole)


def test_one_outlier_that_hardly_matters_does_not_widen_the_range() -> None:
    weights = torch.rand(1, 48, generator=torch.Generator().manual_seed(7)) * 2 - 1
    weights[0, -1] = 1.5
    importance = torch.ones(48)
    importance[-1] = 1e-6
    assert float(rounding.ranges(weights, importance)) < 1.1


def test_a_range_is_never_wider_than_the_filter(filters: Any) -> None:
    assert (rounding.ranges(filters, torch.ones(48)) <= filters.abs().amax(1)).all()
