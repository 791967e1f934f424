"""A run that was interrupted goes on as if it had not been."""

import copy
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
train: Any = import_module("training.train")  # after torch, which may not be there
recipe: Any = import_module("training.recipe")
network: Any = import_module("training.network")

PHOTOS, CLASSES = 24, 3
SAMPLE = torch.randint(0, 256, (PHOTOS, 64, 64, 3), generator=torch.Generator().manual_seed(5)).to(torch.uint8)
TINY = recipe.Recipe(
    stages=(recipe.Stage(32, 1), recipe.Stage(32, 1, equalise=True)),
    shape=network.Shape((8, 8, 8, 8), (1, 1, 1, 1)),
    batch=8,
)


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(checkpoint: Path, stop_after: int) -> list[Any]:
    """Go on from the checkpoint where there is one; answers the weights."""
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (PHOTOS, 64, 64, 3), generator=generator).to(torch.uint8)
    classes = torch.arange(PHOTOS) % CLASSES
    trainer = train.Trainer(TINY, CLASSES, torch.device("cpu"))
    if checkpoint.exists():
        trainer.load(checkpoint)
    for step in train.steps(TINY, PHOTOS, trainer.next_step):
        trainer.run(step, pixels[step.photos], classes[step.photos], step.number / 6)
        if trainer.next_step == stop_after:
            break
    trainer.save(checkpoint)
    return list(trainer.network.state_dict().values())


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole.pt", stop_after=6)
    trained(tmp_path / "parts.pt", stop_after=2)
    trained(tmp_path / "parts.pt", stop_after=4)
    parts = trained(tmp_path / "parts.pt", stop_after=6)
    assert all(torch.equal(one, other) for one, other in zip(whole, parts, strict=True))


def test_a_finished_run_has_no_more_steps(tmp_path: Path) -> None:
    done = trained(tmp_path / "whole.pt", stop_after=6)
    assert all(torch.equal(a, b) for a, b in zip(done, trained(tmp_path / "whole.pt", stop_after=6), strict=True))


def test_the_photos_of_a_step_do_not_depend_on_where_the_run_began() -> None:
    later = list(train.steps(TINY, PHOTOS, 4))
    assert [step.photos.tolist() for step in train.steps(TINY, PHOTOS, 0)][4:] == [s.photos.tolist() for s in later]
    assert [step.number for step in later] == [4, 5]


@pytest.mark.parametrize("name", sorted(recipe.RECIPES))
def test_every_recipe_begins_with_one_that_begins_from_nothing(name: str) -> None:
    chain = train.lineage(name)
    assert chain[-1] == name
    assert not recipe.RECIPES[chain[0]].start_from


def test_what_is_finished_is_not_run_again_nor_what_only_that_needs() -> None:
    assert train.lineage("starter", {"ninth"}) == ["starter"]
    chain = train.lineage("starter", {"sixth"})
    assert "fourth" in chain  # which "seventh" needs, too
    assert not {"fifth", "sixth"} & set(chain)


def test_a_checkpoint_says_whether_its_run_has_ended(tmp_path: Path) -> None:
    trainer = train.Trainer(TINY, CLASSES, torch.device("cpu"))
    trainer.save(tmp_path / "base.pt")
    trainer.save(tmp_path / "smoke.pt", finished=True)
    assert train.finished_in(tmp_path) == {"smoke"}


def test_a_run_can_begin_with_the_mean_of_two(tmp_path: Path) -> None:
    one, other = (trained(tmp_path / f"{steps}.pt", stop_after=steps) for steps in (2, 4))
    trainer = train.Trainer(TINY, CLASSES, torch.device("cpu"))
    trainer.begin([tmp_path / "2.pt", tmp_path / "4.pt"], SAMPLE)
    weights = trainer.network.state_dict().values()
    assert trainer.next_step == 0
    for own, a, b in zip(weights, one, other, strict=True):
        assert not own.is_floating_point() or torch.allclose(own, (a + b) / 2)


def test_a_block_that_the_run_before_had_not_begins_as_the_identity(tmp_path: Path) -> None:
    trained(tmp_path / "before.pt", stop_after=4)
    before, after = (
        train.Trainer(replace(TINY, shape=replace(TINY.shape, mixed=mixed)), CLASSES, torch.device("cpu"))
        for mixed in (0, 16)
    )
    before.load(tmp_path / "before.pt")
    after.begin([tmp_path / "before.pt"], SAMPLE)
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert torch.equal(before.network.eval()(images), after.network.eval()(images))


@pytest.mark.parametrize(("fewer", "more"), [({}, {"levels": 2}), ({"levels": 2}, {"levels": 2, "spread": 12})])
def test_a_head_that_sees_more_begins_with_the_answers_of_the_one_before(
    tmp_path: Path, fewer: dict[str, int], more: dict[str, int]
) -> None:
    before, after = (
        train.Trainer(replace(TINY, shape=replace(TINY.shape, **seen)), CLASSES, torch.device("cpu"))
        for seen in (fewer, more)
    )
    for step in train.steps(TINY, PHOTOS, 0):
        before.run(step, SAMPLE[step.photos], step.photos % CLASSES, step.number / 6)
    before.save(tmp_path / "before.pt")
    after.begin([tmp_path / "before.pt"], SAMPLE)
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert torch.allclose(before.network.eval()(images), after.network.eval()(images), atol=1e-4)


def test_what_the_head_did_not_see_before_has_a_deviation_of_one(tmp_path: Path) -> None:
    trained(tmp_path / "before.pt", stop_after=4)
    trainer = train.Trainer(replace(TINY, shape=replace(TINY.shape, levels=2)), CLASSES, torch.device("cpu"))
    trainer.begin([tmp_path / "before.pt"], SAMPLE)
    gauged = []
    trainer.network.gauge.register_forward_hook(lambda _module, _given, found: gauged.append(found))
    with torch.no_grad():
        trainer.network.eval()(train.normalise(SAMPLE))
    far = trainer.network.gauge.running_var > 0.01  # beside which what keeps a division by zero away is nothing
    assert far.any()
    assert torch.allclose(gauged[0].std(0)[far], torch.ones(1), atol=0.01)


def test_a_run_can_end_with_a_share_of_what_it_began_with() -> None:
    began, ended = (train.Trainer(replace(TINY, kept=0.4, seed=seed), CLASSES, torch.device("cpu")) for seed in (1, 2))
    before, after = (copy.deepcopy(one.network.head.weight) for one in (began, ended))
    ended.average(began.network)
    assert torch.allclose(ended.network.head.weight, 0.6 * after + 0.4 * before)


def test_frozen_blocks_stay_as_they_are_while_the_others_learn() -> None:
    trainer = train.Trainer(replace(TINY, frozen=2), CLASSES, torch.device("cpu"))
    before = copy.deepcopy(trainer.network.state_dict())
    for step in train.steps(TINY, PHOTOS, 0):
        trainer.run(step, SAMPLE[step.photos], step.photos % CLASSES, step.number / 6)
        trainer.network.eval().train()  # as it is after it was asked for held-out photos
    same = {name for name, now in trainer.network.state_dict().items() if torch.equal(now, before[name])}
    still = {name for name in before if name.startswith(("stem.", "stages.0.", "stages.1."))}
    assert same == still


def test_a_share_of_the_photos_can_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def watch(pixels: Any, *_: object) -> Any:
        seen.append(pixels)
        return train.normalise(pixels)

    monkeypatch.setattr(train, "equalise", torch.zeros_like)
    monkeypatch.setattr(train, "augment", watch)
    stage = recipe.Stage(64, 1, equalise=True, clean=0.25)
    trainer = train.Trainer(replace(TINY, stages=(stage,)), CLASSES, torch.device("cpu"))
    step = next(train.steps(trainer.recipe, PHOTOS, 0))
    trainer.run(step, SAMPLE[step.photos], step.photos % CLASSES, 0.5)
    spoilt = seen[0].flatten(1).sum(1) == 0
    assert spoilt.tolist() == [False, False, *[True] * 6]
