"""What is tried: every number of a training run in one frozen value, so that a checkpoint can say what made it."""

from dataclasses import dataclass, field

from training.network import Shape


@dataclass(frozen=True, slots=True)
class Stage:
    """Some epochs at one input side (pixels): small inputs first, since they cost least while little is known."""

    side: int
    epochs: int
    equalise: bool = False  # hide where a photo comes from
    clean: float = 0.0  # share of the photos that are not equalised when the others are
    least_area: float = 0.35  # of the photo, kept by a random crop


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run. Rates are peaks of a schedule that warms up linearly and then falls as a cosine to zero."""

    stages: tuple[Stage, ...] = (Stage(32, 7), Stage(48, 5), Stage(64, 5))
    shape: Shape = field(default_factory=Shape)
    batch: int = 256
    filter_rate: float = 0.03  # Muon: relative change per step
    other_rate: float = 2e-3  # AdamW: normalisations and the head
    warm_up: float = 0.04  # of all steps
    label_smoothing: float = 0.1
    seed: int = 20261121
    start_from: str = ""  # another recipe, whose checkpoint gives the first weights
    and_from: str = ""  # a second one: then the mean of both does
    and_share: float = 0.5  # of the second one in that mean
    taught: float = 0.0  # share of the loss that a teacher decides (training.teacher), not the labels
    teacher: str = "teacher"  # which answers: another name asks anew, with the network that this run begins with
    frozen: int = 0  # first blocks that stay as they are, with the stem before them
    kept: float = 0.0  # share of the weights that a run began with, in the mean that it ends with
    shown: float = 1.0  # share of a photo's sides, at its centre, that the network is shown once it is trained
    settled: bool = False  # whether the head is fitted once more at the end (training.settle)


ONE_PASS = (Stage(64, 1, equalise=True),)
RECIPES = {
    "base": Recipe(),
    "equalised": Recipe(stages=ONE_PASS, filter_rate=0.008, other_rate=1e-3, start_from="base"),
    "second": Recipe(stages=ONE_PASS, filter_rate=0.008, other_rate=1e-3, seed=20261122, start_from="equalised"),
    "third": Recipe(
        stages=(Stage(48, 4, equalise=True), Stage(64, 5, equalise=True)),
        filter_rate=0.02,
        other_rate=1.5e-3,
        seed=20261123,
        start_from="second",
    ),
    "fourth": Recipe(  # as it will be used: larger pictures, nearly whole photos
        stages=(Stage(80, 1, equalise=True, least_area=0.7),),
        filter_rate=0.004,
        other_rate=5e-4,
        seed=20261124,
        start_from="third",
    ),
    "fifth": Recipe(
        stages=(Stage(64, 2, equalise=True), Stage(80, 1, equalise=True, least_area=0.7)),
        filter_rate=0.012,
        other_rate=1e-3,
        seed=20261125,
        start_from="fourth",
    ),
    "sixth": Recipe(
        stages=(Stage(64, 4, equalise=True), Stage(80, 2, equalise=True, least_area=0.6)),
        filter_rate=0.016,
        other_rate=1.3e-3,
        seed=20261127,
        start_from="fourth",
        and_from="fifth",
        taught=0.7,
    ),
    "seventh": Recipe(
        stages=(
            Stage(64, 2, equalise=True),
            Stage(80, 2, equalise=True, least_area=0.5),
            Stage(96, 2, equalise=True, least_area=0.75),
        ),
        shape=Shape(mixed=512),
        filter_rate=0.014,
        other_rate=1.2e-3,
        seed=20261128,
        start_from="sixth",
        and_from="fourth",
        taught=0.7,
    ),
    "eighth": Recipe(
        stages=(Stage(80, 1, equalise=True, least_area=0.6), Stage(96, 1, equalise=True, least_area=0.75)),
        shape=Shape(mixed=512, levels=3),
        filter_rate=0.008,
        other_rate=1.2e-3,
        seed=20261129,
        start_from="seventh",
        and_from="sixth",
        and_share=0.3,
        taught=0.7,
        kept=0.4,
        settled=True,
    ),
    "ninth": Recipe(
        stages=(Stage(80, 1, equalise=True, least_area=0.6), Stage(96, 2, equalise=True, least_area=0.75)),
        shape=Shape(mixed=512, levels=3, spread=1024),
        filter_rate=0.0035,
        other_rate=6e-4,
        seed=20261201,
        start_from="eighth",
        taught=0.7,
        teacher="teacher_of_ninth",
    ),
    "starter": Recipe(
        stages=(Stage(96, 4, equalise=True, least_area=0.65), Stage(96, 1, equalise=True, clean=0.5, least_area=0.75)),
        shape=Shape(mixed=512, levels=3, spread=1024),
        filter_rate=0.005,
        other_rate=7e-4,
        seed=20261203,
        start_from="ninth",
        taught=0.7,
        teacher="teacher_of_ninth",
        frozen=4,
        kept=0.4,
        shown=0.96,
        settled=True,
    ),
    "smoke": Recipe(stages=(Stage(32, 1),), shape=Shape((8, 16, 32, 64), (1, 1, 1, 1))),
}
