"""What is written as a model folder is read as the same version."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import (
    Align,
    Channels,
    Constant,
    Element,
    Filter,
    Golden,
    Layout,
    Network,
    Preprocessing,
    Resize,
    Rounding,
    Spec,
    Version,
)
from image_tagger.models.manifest import check_hashes, read_version, sha256
from image_tagger.models.writing import rename_model, write_version
from tests.models.folders import copy_of_starter, rewrite

NUMBERS = st.floats(-1e6, 1e6)
SCORES = st.floats(0, 1)
NAMES = st.text(string.ascii_letters + string.digits + "/:._- äß\"'\\", min_size=1, max_size=12)
SIZES = st.builds(Size, st.integers(1, 2000), st.integers(1, 2000))
THREE = st.tuples(NUMBERS, NUMBERS, NUMBERS)
BYTES = st.integers(0, 255)
SCALARS = st.one_of(NUMBERS, st.booleans(), NAMES)


def preprocessings(folder: Path) -> st.SearchStrategy[Preprocessing]:
    common: dict[str, Any] = {
        "filter": st.sampled_from(Filter),
        "scale": NUMBERS,
        "mean": THREE,
        "std": THREE.filter(all),
        "layout": st.sampled_from(Layout),
        "element": st.sampled_from(Element),
        "rounding": st.sampled_from(Rounding),
        "channels": st.sampled_from(Channels),
        "fill": st.tuples(BYTES, BYTES, BYTES),
        "align": st.sampled_from(Align),
        "mean_file": st.sampled_from([None, folder / "mean.npy"]),
    }
    return st.one_of(
        st.builds(Preprocessing, SIZES, st.sampled_from(Resize), **common),
        st.builds(Preprocessing, SIZES, fraction=st.floats(0.01, 1), **common),
        st.builds(Preprocessing, SIZES, st.just(Resize.SHORTEST), before_crop=SIZES, **common),
        st.builds(Preprocessing, SIZES, st.just(Resize.NETWORK), multiple=st.integers(1, 128), **common),
    )


CONSTANTS = st.one_of(
    st.builds(Constant, NAMES, st.just((3,)), st.tuples(st.just("data.1"), st.just("data.2"), NUMBERS)),
    st.builds(Constant, NAMES, st.just((1, 2)), st.tuples(NUMBERS, NUMBERS), st.sampled_from(Element)),
    st.builds(Constant, NAMES, st.just(()), st.tuples(NUMBERS)),
)
LABELS = LabelSet(("crane", "crane", "dog, hound"))
SPECS = st.builds(
    Spec,
    st.just(LABELS),
    NAMES,
    st.dictionaries(NAMES, st.one_of(SCALARS, st.lists(NUMBERS, max_size=4).map(tuple))).map(
        lambda table: tuple(table.items())
    ),
    st.sampled_from([None, Hierarchy.of_groups(LABELS, ("bird", "", "animal > dog"))]),
    SCORES,
    st.one_of(st.just(()), st.tuples(SCORES, SCORES, SCORES), SCORES.map(lambda score: (score,) * 3)),
)


@given(data=st.data())
def test_every_version_comes_back(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("network.pb", "more.data", "mean.npy", "golden.npz"):
            (folder / file).write_bytes(file.encode())
        network = Network(
            folder / "network.pb",
            data.draw(NAMES),
            data.draw(preprocessings(folder)),
            sha256(folder / "network.pb"),
            data.draw(st.sampled_from([(), (("more.data", sha256(folder / "more.data")),)])),
            data.draw(st.one_of(st.just(""), NAMES)),
            data.draw(st.lists(CONSTANTS, max_size=2).map(tuple)),
            data.draw(st.lists(NAMES, max_size=3).map(tuple)),
            data.draw(st.booleans()),
            data.draw(st.dictionaries(NAMES, SCALARS, max_size=3).map(lambda table: tuple(table.items()))),
        )
        golden = data.draw(st.sampled_from([None, Golden(folder / "golden.npz", 0.001)]))
        about = (("licence", "MIT"), ("source", 'a "quoted" place'))
        written = Version(data.draw(NAMES), network, data.draw(SPECS), golden, about)
        write_version(folder, written)
        assert read_version(folder) == written


def test_files_may_lie_in_folders_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("network.onnx", "golden.npz", "mean.npy"):
        (tmp_path / "more" / name).write_bytes(b"anything")
    file = tmp_path / "more" / "network.onnx"
    preprocessing = Preprocessing(Size(4, 4), mean_file=file.with_name("mean.npy"))
    network = Network(file, "onnx", preprocessing, sha256(file))
    golden = Golden(file.with_name("golden.npz"), 0.01)
    version = Version("own", network, Spec(LABELS, "classification"), golden)
    write_version(tmp_path, version)
    assert read_version(tmp_path) == version


def test_a_network_may_be_a_folder(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    (saved / "variables").mkdir(parents=True)
    (saved / "saved_model.pb").write_bytes(b"graph")
    (saved / "variables" / "variables.index").write_bytes(b"weights")
    companions = (("variables/variables.index", sha256(saved / "variables" / "variables.index")),)
    network = Network(saved, "tensorflow", Preprocessing(Size(4, 4)), sha256(saved), companions)
    version = Version("house/saved", network, Spec(LABELS, "classification"))
    write_version(tmp_path, version)
    assert read_version(tmp_path) == version
    (saved / "variables" / "variables.data").write_bytes(b"more")
    with pytest.raises(InvalidModel, match="saved is not the file that was described"):
        check_hashes(network)


@pytest.mark.parametrize(
    ("table", "entry", "reason"),
    [
        ("network", 'batched = "yes"', "neither true nor false"),
        ("network", "[[network.constants]]\ntensor = 'x'\nshape = [2]\ndata = [1]", "1 entries for 2 places"),
        ("network", "[[network.constants]]\ntensor = 'x'\nshape = [1]\ndata = ['height']", "names no axis"),
        ("network", "[[network.constants]]\ntensor = 'x'\nshape = [99999, 99999]\ndata = [1]", "at most 1000000"),
        ("preprocessing", 'mean_file = "../mean.npy"', "outside the model's folder"),
        ("preprocessing", "fill = [0, 0, 256]", "0..255"),
        ("preprocessing", "fill = [0, 0]", "is not 3 whole numbers"),
        ("preprocessing", "multiple = 32", "goes with `network` only"),
        ("preprocessing", 'align = "left"', "'left' is not a valid Align"),
        ("spec", "thresholds = [0.5]", "1 thresholds for 293 labels"),
        ("spec", "thresholds = 1.5", "every threshold must be in 0..1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, table: str, entry: str, reason: str) -> None:
    folder = copy_of_starter(tmp_path)
    following = {"network": "\n[preprocessing]", "preprocessing": "\n[spec]", "spec": "\n[spec.options]"}[table]
    rewrite(folder, following, f"{entry}\n{following}")
    with pytest.raises(InvalidModel) as refused:
        read_version(folder)
    assert reason in str(refused.value)


def test_a_label_of_several_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "network.pb").write_bytes(b"")
    network = Network(tmp_path / "network.pb", "onnx", Preprocessing(Size(4, 4)), "0")
    with pytest.raises(InvalidModel, match="one line"):
        write_version(tmp_path, Version("house/lines", network, Spec(LabelSet(("a\nb",)), "tagging")))


@pytest.mark.parametrize(("label", "about"), [("\ud800", "all right"), ("all right", "\ud800")])
def test_half_a_character_is_refused(tmp_path: Path, label: str, about: str) -> None:
    (tmp_path / "network.pb").write_bytes(b"")
    network = Network(tmp_path / "network.pb", "onnx", Preprocessing(Size(4, 4)), "0")
    version = Version("house/half", network, Spec(LabelSet((label,)), "tagging"), about=(("by", about),))
    with pytest.raises(InvalidModel, match=r"is no text: '\\ud800'"):
        write_version(tmp_path, version)


def test_a_name_over_several_lines_is_not_replaced(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    rewrite(folder, 'name = "starter"', 'name = """\nstarter"""')
    before = (folder / "model.toml").read_bytes()
    with pytest.raises(InvalidModel, match="must begin with a line"):
        rename_model(folder, "house/other")
    assert (folder / "model.toml").read_bytes() == before


def test_letters_of_every_kind_are_written(tmp_path: Path) -> None:
    (tmp_path / "vögel 🐦.onnx").write_bytes(b"")
    network = Network(tmp_path / "vögel 🐦.onnx", "onnx", Preprocessing(Size(4, 4)), sha256(tmp_path / "vögel 🐦.onnx"))
    version = Version("house/birds", network, Spec(LABELS, "classification"), about=(("by", "🦉\x7f\n\x00\u2028"),))
    write_version(tmp_path, version)
    assert read_version(tmp_path) == version


def test_a_model_is_renamed_or_it_is_said_why_not(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    rename_model(folder, "other")
    assert read_version(folder).name == "other"
    rewrite(folder, 'name = "other"', '"name" = "other"')
    with pytest.raises(InvalidModel, match="must begin with a line `name"):
        rename_model(folder, "third")
