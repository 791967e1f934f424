"""Trains the embedded network: `python -m training.train --data DIR`; run again after an interruption, it goes on."""

import argparse
import copy
import math
import os
import time
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor, distributed

from training import teacher
from training.augment import augment, normalise, shown
from training.data import Photos, load, load_training, read_classes
from training.equalise import equalise
from training.muon import Muon
from training.network import Network, pooled
from training.recipe import RECIPES, Recipe, Stage
from training.settle import Lessons, loss_of, settle
from training.weights import HEAD, Head, between, with_silent_blocks

SAVE_EVERY = 200  # steps
SAMPLE = 2048  # photos that tell how much a feature varies which the head has not seen before
SAY_EVERY = 50  # steps
PATIENCE = timedelta(hours=4)  # of processes for the first, which alone asks the teacher


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number, its stage, which photos."""

    number: int
    stage: Stage
    photos: Tensor


def steps(recipe: Recipe, count: int, first: int) -> Iterator[Step]:
    """All steps from `first` on; the same ones whether or not the run was interrupted."""
    number, epoch = 0, 0
    for stage in recipe.stages:
        for _ in range(stage.epochs):
            order = torch.randperm(count, generator=torch.Generator().manual_seed(recipe.seed + epoch))
            epoch += 1
            for photos in order[: count // recipe.batch * recipe.batch].split(recipe.batch):
                if number >= first:
                    yield Step(number, stage, photos)
                number += 1


def rate_factor(recipe: Recipe, progress: float) -> float:
    """Share of the peak rate at `progress` (0..1) of the run."""
    if progress < recipe.warm_up:
        return progress / recipe.warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (progress - recipe.warm_up) / (1 - recipe.warm_up))


def team_size() -> int:
    """How many processes train together (`torchrun --nproc-per-node`); 1 without it."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def team_rank() -> int:
    """Which of them this one is, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def team_mean(tensors: list[Tensor]) -> None:
    """Replace each tensor by its mean over the processes, in one exchange."""
    if team_size() == 1:
        return
    flat = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
    distributed.all_reduce(flat)
    flat /= team_size()
    for tensor, mean in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.detach().copy_(mean.view_as(tensor))


class Trainer:
    """The state of one run: network, optimisers, and the number of the next step."""

    def __init__(self, recipe: Recipe, classes: int, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.device, self.next_step, self.settled = recipe, device, 0, False
        self.network = Network(classes, recipe.shape).to(device, memory_format=torch.channels_last)
        self.network.freeze(recipe.frozen)
        weights = [weight for weight in self.network.parameters() if weight.requires_grad]
        self.optimisers: list[torch.optim.Optimizer] = [
            Muon((w for w in weights if w.ndim == 4), recipe.filter_rate),
            torch.optim.AdamW((w for w in weights if w.ndim < 4), recipe.other_rate, betas=(0.9, 0.98)),
        ]
        self.peaks = [recipe.filter_rate, recipe.other_rate]

    def run(self, step: Step, pixels: Tensor, classes: Tensor, progress: float, taught: Tensor | None = None) -> float:
        """One step of gradient descent; answers its loss. taught: the teacher's probabilities, (batch, classes)."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + step.number) * team_size() + team_rank())
        for optimiser, peak in zip(self.optimisers, self.peaks, strict=True):
            optimiser.param_groups[0]["lr"] = peak * rate_factor(self.recipe, progress)
            optimiser.zero_grad()
        stage = step.stage
        if stage.equalise:
            first = int(len(pixels) * stage.clean)
            pixels = torch.cat([pixels[:first], equalise(pixels[first:])])
        images = augment(pixels, stage.side, stage.least_area)
        images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.network(images)
        loss = loss_of(logits.float(), classes, taught, self.recipe)
        loss.backward()
        team_mean([weight.grad for weight in self.network.parameters() if weight.grad is not None])
        for optimiser in self.optimisers:
            optimiser.step()
        self.next_step = step.number + 1
        return loss.item()

    def save(self, path: Path, *, finished: bool = False) -> None:
        """Write a checkpoint so that an interruption leaves the old or the new one whole; the first process writes."""
        team_mean([buffer for buffer in self.network.buffers() if buffer.is_floating_point()])
        if team_rank():
            return
        state = {
            "next_step": self.next_step,
            "settled": self.settled,
            "finished": finished,
            "network": self.network.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def begin(self, checkpoints: list[Path], sample: Tensor) -> None:
        """Begin with the weights of other runs, or with the mean of two (Wortsman et al. 2022, arXiv:2203.05482).

        A block that those do not have begins as the identity, and what their head did not see counts nothing at first.
        sample: photos, uint8 (count, 64, 64, 3).
        """
        first, last = (
            torch.load(path, map_location=self.device, weights_only=True)["network"]
            for path in (checkpoints[0], checkpoints[-1])
        )
        own = self.network.state_dict()
        last = with_silent_blocks(last, first)
        known = {name: between(weights, last[name], self.recipe.and_share) for name, weights in first.items()}
        if known["head.weight"].shape == own["head.weight"].shape:
            self.network.load_state_dict({**own, **known})
        else:
            head = Head.of(known)
            self.network.load_state_dict({**own, **{name: own_ for name, own_ in known.items() if name not in HEAD}})
            self._widen(head, normalise(sample.to(self.device)))

    @torch.no_grad()
    def _widen(self, head: Head, images: Tensor) -> None:
        """Give a head that sees more the answers of one that saw the first of its features only."""
        network = self.network.eval()
        seen = torch.cat([pooled(network, network.stem(some)) for some in images.split(256)])
        network.gauge.running_mean.copy_(seen.mean(0))
        network.gauge.running_var.copy_(seen.var(0))
        known = head.weight.shape[1]
        deviation = (network.gauge.running_var[:known] + network.gauge.eps).sqrt()
        network.head.weight.zero_()
        network.head.weight[:, :known] = head.weight * deviation
        network.head.bias.copy_(head.bias + head.weight @ network.gauge.running_mean[:known])
        network.train()

    def average(self, beginning: Network) -> None:
        """Keep a share of the weights that the run began with (Wortsman et al. 2022, arXiv:2109.01903)."""
        before = beginning.state_dict()
        ended = self.network.state_dict()
        self.network.load_state_dict({n: between(own, before[n], self.recipe.kept) for n, own in ended.items()})

    def load(self, path: Path) -> None:
        """Go on from a checkpoint that this program wrote."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.next_step, self.settled = state["next_step"], state.get("settled", False)


def held_out(network: Network, photos: Photos, side: int, share: float, device: torch.device) -> float:
    """Top-1 accuracy (0..1) on this share (0..1) of photos, at their centre, resampled to `side`."""
    network.eval()
    right = 0
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
        for first in range(0, len(photos), 500):
            images = normalise(torch.tensor(photos.pixels[first : first + 500], device=device))
            truth = torch.tensor(photos.classes[first : first + 500], device=device)
            right += int((network(shown(images, side, share)).argmax(1) == truth).sum())
    network.train()
    return right / len(photos)


def lineage(name: str, finished: Container[str] = ()) -> list[str]:
    """The recipes to run for this one, the first ancestor first; none that is finished, or that only those need."""
    if name in finished:
        return []
    before = [other for parent in parents(name) for other in lineage(parent, finished)]
    return [*dict.fromkeys(before), name]


def finished_in(work: Path) -> set[str]:
    """The recipes whose checkpoints say that their run has ended."""
    states = {name: work / f"{name}.pt" for name in RECIPES if (work / f"{name}.pt").exists()}
    return {name for name, file in states.items() if torch.load(file, weights_only=True).get("finished", False)}


def parents(name: str) -> list[str]:
    """The recipes whose checkpoints give the first weights of this one."""
    recipe = RECIPES[name]
    return [parent for parent in (recipe.start_from, recipe.and_from) if parent]


def taught_by(trainer: Trainer, photos: Photos, work: Path) -> Tensor | None:
    """What the teacher finds in the photos, float16 (count, classes), where the recipe wants one."""
    if not trainer.recipe.taught:
        return None
    file, side = work / f"{trainer.recipe.teacher}.npy", trainer.recipe.stages[-1].side
    if not team_rank():
        teacher.answers(file, photos, copy.deepcopy(trainer.network), trainer.device, side)
    if distributed.is_initialized():
        distributed.barrier()
    return torch.from_numpy(teacher.answers(file, photos, trainer.network, trainer.device, side))


def begun(name: str, photos: Photos, classes: int, options: argparse.Namespace) -> Trainer:
    """The state in which a run begins."""
    trainer = Trainer(RECIPES[name], classes, torch.device(options.device))
    if before := parents(name):
        sample = torch.from_numpy(photos.pixels[:: max(1, len(photos) // SAMPLE)])
        trainer.begin([options.work / f"{parent}.pt" for parent in before], sample)
    return trainer


def train(trainer: Trainer, beginning: Network, photos: Photos, validation: Photos, checkpoint: Path) -> None:
    """Run every remaining step, saving as it goes."""
    recipe, device = trainer.recipe, trainer.device
    pixels, classes = torch.from_numpy(photos.pixels).to(device), torch.from_numpy(photos.classes).long().to(device)
    total = sum(stage.epochs for stage in recipe.stages) * (len(photos) // recipe.batch)
    taught = taught_by(trainer, photos, checkpoint.parent)
    started = time.monotonic()
    average, per_epoch = 0.0, len(photos) // recipe.batch
    for step in steps(recipe, len(photos), trainer.next_step):
        chosen = step.photos[team_rank() :: team_size()].to(device)
        soft = None if taught is None else taught[chosen.cpu()].to(device).float()
        loss = trainer.run(step, pixels[chosen], classes[chosen], step.number / total, soft)
        average = loss if not average else 0.98 * average + 0.02 * loss
        if step.number % SAY_EVERY == 0 and not team_rank():
            seconds = time.monotonic() - started
            print(f"step {step.number}/{total} side {step.stage.side} loss {average:.3f} {seconds:.0f} s", flush=True)
        if trainer.next_step % per_epoch == 0 and not team_rank():
            accuracy = held_out(trainer.network, validation, step.stage.side, recipe.shown, device)
            print(f"epoch {trainer.next_step // per_epoch}: held out {accuracy:.4f} at {step.stage.side}", flush=True)
        if step.number % SAVE_EVERY == SAVE_EVERY - 1 or trainer.next_step == total:
            trainer.save(checkpoint)
    if recipe.settled and not trainer.settled:
        trainer.average(beginning)
        settle(trainer.network, Lessons(pixels, classes, taught), recipe)  # each process the same
        trainer.settled = True
        accuracy = held_out(trainer.network, validation, recipe.stages[-1].side, recipe.shown, device)
        print(f"settled: held out {accuracy:.4f}")
    trainer.save(checkpoint, finished=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with part_a.zip, part_b.zip, classes.json")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="unpacked photos and checkpoints")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="starter")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.backends.cudnn.deterministic = True  # the same run on the same machine gives the same weights
    if "WORLD_SIZE" in os.environ:  # set by torchrun
        distributed.init_process_group("gloo" if options.device == "cpu" else "nccl", timeout=PATIENCE)
    photos, validation = load_training(options.data, options.work), load(options.data, options.work, "val")
    classes = len(read_classes(options.data))
    for name in lineage(options.recipe, finished_in(options.work)):
        trainer, checkpoint = begun(name, photos, classes, options), options.work / f"{name}.pt"
        beginning = copy.deepcopy(trainer.network)
        if checkpoint.exists():
            trainer.load(checkpoint)
        train(trainer, beginning, photos, validation, checkpoint)
        print(f"done: {checkpoint}")


if __name__ == "__main__":
    main()
