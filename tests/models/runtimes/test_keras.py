"""Keras' own answers are given, natively and as ONNX; real networks of several ages say what they should.

Needs the extra `keras`.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Layout, Network, Preprocessing, Spec, Version
from image_tagger.models import contract, loaded
from image_tagger.models.adding import converting
from image_tagger.models.formats.keras.archive import WEIGHTS
from image_tagger.models.manifest import sha256

try:
    runtime = plugins.load("image_tagger.models.runtimes", "keras")
except MissingExtra as missing:
    pytest.skip(f"needs the extra `keras`: {missing}", allow_module_level=True)
h5py, keras = runtime.h5py, runtime.keras
SIDE, LABELS = 16, ("cat", "dog", "crane")
MOBILENET = "keras/mobilenet_v1_0.25_224.h5"
EMOTIONS = "keras/fer2013_mini_XCEPTION.102-0.66.hdf5"
OTHER_RESIZING = 5e-3  # a probability, when the crop ends between other pixels


def model(*more: Any) -> Any:
    keras.utils.set_random_seed(0)
    first = [keras.layers.Input((SIDE, SIDE, 3), name="pixels"), keras.layers.Conv2D(4, 3, strides=2)]
    between = [keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.DepthwiseConv2D(3), *more]
    return keras.Sequential(
        [*first, *between, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, activation="softmax")]
    )


@contextmanager
def saving() -> Iterator[None]:
    """Keras warns of HDF5 files, and does not yet follow NumPy's newest ways when it writes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def saved(file: Path, *more: Any) -> tuple[Path, Any]:
    made = model(*more)
    with saving():
        made.save(file)
    return file, made


def pictures(number: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(size=(number, SIDE, SIDE, 3)).astype(np.float32)


def version(file: Path) -> Version:
    taken = Preprocessing(size=Size(SIDE, SIDE), layout=Layout.NHWC)
    return Version("m", Network(file, "keras", taken, sha256(file)), Spec(LabelSet(LABELS), "classification"))


def expected(shared_data: Path, name: str) -> dict[str, Any]:
    rows = json.loads((shared_data / "models" / "models.json").read_text(encoding="utf-8"))["models"]
    found: dict[str, Any] = next(row for row in rows if row["name"] == name)["expected"]
    return found


def between_pixels(pixels: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
    """Bilinear, without averaging over the area, as the answers of the emotion network were measured."""
    for axis in (0, 1):
        length = pixels.shape[axis]
        place = ((np.arange(side) + 0.5) * length / side - 0.5).clip(0, length - 1)
        before = np.floor(place).astype(int)
        share = (place - before).reshape((-1, 1) if axis == 0 else (1, -1))
        after = (before + 1).clip(max=length - 1)
        pixels = np.take(pixels, before, axis) * (1 - share) + np.take(pixels, after, axis) * share
    return np.asarray(pixels, np.float64)


@pytest.mark.parametrize("name", ["a.keras", "a.h5"])
def test_answers_are_those_of_keras(tmp_path: Path, name: str) -> None:
    file, made = saved(tmp_path / name)
    opened = runtime.load(file, "cpu")
    assert [(info.name, info.shape, info.element) for info in opened.inputs] == [
        ("pixels", (None, SIDE, SIDE, 3), "float32")
    ]
    assert [info.shape for info in opened.outputs] == [(None, 3)]
    [answer] = opened.run({"pixels": pictures()}, [opened.outputs[0].name])
    np.testing.assert_allclose(answer, made.predict_on_batch(pictures()), atol=1e-6)


def test_a_saved_model_of_it_answers_the_same(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)
    file, made = saved(tmp_path / "a.keras")
    with saving():
        made.export(tmp_path / "model", verbose=False)
    exported = plugins.load("image_tagger.models.runtimes", "tensorflow").load(tmp_path / "model", "cpu")
    [ours] = runtime.load(file, "cpu").run({"pixels": pictures()}, [])
    [theirs] = exported.run({exported.inputs[0].name: pictures()}, [])
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_it_becomes_onnx_that_answers_the_same(tmp_path: Path) -> None:
    pytest.importorskip("tf2onnx", reason="needs the extra `keras`", exc_type=ImportError)
    original = version(saved(tmp_path / "a.keras")[0])
    converted = converting.convert(original, tmp_path)
    assert converted is not None
    assert converted.network.runtime == "onnx"
    assert contract.compare(loaded.load(original), loaded.load(converted), 1e-5).kept


def test_threads_share_a_network(tmp_path: Path) -> None:
    opened = runtime.load(saved(tmp_path / "a.keras")[0], "auto")
    alone = [opened.run({"pixels": pictures(number)}, [])[0] for number in range(1, 7)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda number: opened.run({"pixels": pictures(number)}, [])[0], range(1, 7)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("name", ["a.keras", "a.h5"])
def test_code_is_refused(tmp_path: Path, name: str) -> None:
    file, _ = saved(tmp_path / name, keras.layers.Lambda(lambda x: x * 2))
    with pytest.raises(InvalidModel, match="has a layer 'Lambda', which holds code"):
        runtime.load(file, "cpu")


@pytest.mark.parametrize("name", ["a.keras", "a.h5"])
def test_a_layer_that_keras_does_not_know_is_named(tmp_path: Path, name: str) -> None:
    class Own(keras.layers.Layer):  # type: ignore[misc, name-defined]  # Keras is not looked into
        def call(self, taken: Any) -> Any:
            return taken

    file, _ = saved(tmp_path / name, Own())
    with pytest.raises(InvalidModel, match=r"(unknown layer|code of its own class) '[\w.]*Own'"):
        runtime.load(file, "cpu")


def test_weights_alone_are_no_network(tmp_path: Path) -> None:
    with saving():
        model().save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(InvalidModel, match=r"^a\.weights\.h5 holds weights without a network"):
        runtime.load(tmp_path / "a.weights.h5", "cpu")


def test_links_to_other_files_are_refused(tmp_path: Path) -> None:
    file, _ = saved(tmp_path / "a.keras")
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = io.BytesIO(members[WEIGHTS])
    with h5py.File(weights, "a") as opened:
        opened["more"] = h5py.ExternalLink("/etc/other.h5", "/")
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (members | {WEIGHTS: weights.getvalue()}).items():
            archive.writestr(name, content)
    with pytest.raises(InvalidModel, match=r"^a\.keras links to another place, or to another file: 'more'"):
        runtime.load(file, "cpu")


def test_a_claim_of_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened.create_dataset("huge", (1 << 31,), "f4", chunks=(1024,))
    with pytest.raises(InvalidModel, match=r"^a\.h5 of \d+ bytes claims to hold 8589934592"):
        runtime.load(tmp_path / "a.h5", "cpu")


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.95])
def test_a_file_cut_short_is_named(tmp_path: Path, kept: float) -> None:
    content = saved(tmp_path / "a.h5")[0].read_bytes()
    (tmp_path / "a.h5").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InvalidModel, match=r"^a\.h5 is "):
        runtime.load(tmp_path / "a.h5", "cpu")


def test_what_the_network_does_not_have_is_named(tmp_path: Path) -> None:
    opened = runtime.load(saved(tmp_path / "a.keras")[0], "cpu")
    with pytest.raises(InvalidModel, match="has no output 'other'"):
        opened.run({"pixels": pictures()}, ["other"])
    with pytest.raises(InvalidModel, match="'pixels' is not fed"):
        opened.run({}, [])
    with pytest.raises(InvalidModel, match=r"a\.keras cannot be run on these inputs"):
        opened.run({"pixels": pictures()[:, :3]}, [])
    with pytest.raises(ModelUnavailable, match="no device 'cuda' for Keras"):
        runtime.load(tmp_path / "a.keras", "cuda")


def test_mobilenet_knows_the_photos(shared_data: Path) -> None:
    opened = runtime.load(shared_data / "models" / MOBILENET, "cpu")
    for photo, rows in expected(shared_data, MOBILENET).items():
        with PIL.Image.open(shared_data / "photos" / photo) as image:
            kept = int(0.875 * min(image.size))
            left, top = ((length - kept) // 2 for length in image.size)
            box = image.convert("RGB").crop((left, top, left + kept, top + kept))
        pixels = np.asarray(box.resize((224, 224), PIL.Image.Resampling.BILINEAR), np.float32)
        [answer] = opened.run({opened.inputs[0].name: (pixels[None] - 127.5) / 127.5}, [])
        assert answer[0].argmax() == rows[0][0]
        assert answer[0].max() == pytest.approx(rows[0][2], abs=OTHER_RESIZING)


def test_an_old_network_of_keras_2_reads_a_face(shared_data: Path) -> None:
    opened = runtime.load(shared_data / "models" / EMOTIONS, "cpu")
    with PIL.Image.open(shared_data / "photos" / "cc_grace_hopper.jpg") as image:
        face = np.asarray(image.convert("L"))[120:355, 160:365]
    fed = (np.rint(between_pixels(face, 64)) / 255 - 0.5) * 2
    [answer] = opened.run({opened.inputs[0].name: fed.astype(np.float32)[None, :, :, None]}, [])
    [rows] = expected(shared_data, EMOTIONS).values()
    for place, _, probability in rows:
        assert answer[0][place] == pytest.approx(probability, abs=OTHER_RESIZING)
