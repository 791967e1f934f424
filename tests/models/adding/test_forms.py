"""Networks of other libraries run as ONNX where that answers alike, and stay what they are where it does not."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Network, Preprocessing, Spec, Version
from image_tagger.models import contract
from image_tagger.models.adding import forms
from image_tagger.models.adding.adder import Added, Adder, Wishes
from image_tagger.models.loaded import load
from image_tagger.models.manifest import NAME, read_version, sha256
from image_tagger.models.names import ModelName
from image_tagger.models.opening.process import GIBIBYTE, Limits
from image_tagger.models.pulling.terms import Terms
from image_tagger.models.shelf import Shelf
from image_tagger.models.writing import write_version
from tests.models.extras import needed
from tests.models.folders import rewrite
from tests.models.recognising import recognised
from tests.models.repositories import plain_picture

OWN = ModelName("own")
COLOURS = LabelSet(("red", "green", "blue"))
ALLOWED = Limits(4 * GIBIBYTE, 120, ("allow_torchscript",))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


@pytest.fixture
def adder(shelf: Shelf, tmp_path: Path) -> Adder:
    return Adder(shelf, Terms(tmp_path / "spare"))


@pytest.fixture
def generous(shelf: Shelf, tmp_path: Path) -> Adder:
    return Adder(shelf, Terms(tmp_path / "spare"), ALLOWED)


def keras_network(file: Path, *more: Any) -> Path:
    layers = needed("keras").keras.layers
    first = [layers.Input((16, 16, 3), name="pixels"), layers.Conv2D(4, 3), *more]
    last = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras does not yet follow NumPy's newest ways when it writes
        needed("keras").keras.Sequential([*first, *last]).save(file)
    return file


def torch_module() -> Any:
    torch = needed("torch").torch
    torch.manual_seed(0)
    pooled = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    return torch.nn.Sequential(pooled, torch.nn.Softmax(1)).eval()


def exported(file: Path, free: dict[int, Any]) -> Path:
    torch = needed("torch").torch
    program = torch.export.export(torch_module(), (torch.zeros(2, 3, 16, 16),), dynamic_shapes=(free,))
    torch.export.save(program, file)
    return file


def torchscript(file: Path) -> Path:
    torch = needed("torchscript").torch
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch does not like such files any more, either
        torch.jit.save(torch.jit.trace(torch_module(), torch.zeros(1, 3, 16, 16)), file)
    return file


def torchscript_folder(folder: Path) -> Path:
    """With a `model.toml`, as such a file does not tell its shapes."""
    folder.mkdir()
    file = torchscript(folder / "a.pt")
    network = Network(file, "torchscript", Preprocessing(Size(16, 16)), sha256(file))
    write_version(folder, Version("a", network, Spec(COLOURS, "classification", (("activation", "none"),))))
    return folder


def frozen_graph(file: Path) -> Path:
    tensorflow = needed("tensorflow").tensorflow
    with tensorflow.Graph().as_default() as graph:
        pictures = tensorflow.compat.v1.placeholder("float32", (None, 16, 16, 3), name="pictures")
        tensorflow.nn.softmax(tensorflow.reduce_mean(pictures, [1, 2]), name="answers")
    file.write_bytes(graph.as_graph_def().SerializeToString())
    return file


def becomes_onnx(added: Added, shelf: Shelf, native: str) -> None:
    folder = shelf.find(OWN)
    assert folder is not None
    assert (added.version.network.runtime, added.kept) == ("onnx", "")
    assert added.converted is not None
    assert added.converted.difference < 1e-4
    assert contract.check(load(added.version)).kept
    assert f'runtime = "{native}"' in (folder / forms.NATIVE).read_text()


def test_keras_becomes_onnx_and_its_original_stays(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    becomes_onnx(adder.add(keras_network(tmp_path / "a.keras"), Wishes(OWN, COLOURS)), shelf, "keras")
    folder = shelf.find(OWN)
    assert folder is not None
    again = adder.add(folder, Wishes(OWN, runtime="keras"))
    assert (again.version.network.runtime, again.converted, again.proof.recorded) == ("keras", None, False)
    assert again.proof.agreement.kept
    assert len(shelf.revisions(OWN)) == 2


def test_who_names_a_runtime_keeps_it(adder: Adder, tmp_path: Path) -> None:
    added = adder.add(keras_network(tmp_path / "a.h5"), Wishes(OWN, COLOURS, runtime="keras"))
    assert (added.version.network.runtime, added.converted, added.kept) == ("keras", None, "")


def test_a_layer_with_code_is_refused(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    layer = needed("keras").keras.layers.Lambda(lambda x: x * 2)
    with pytest.raises(InvalidModel, match=r"^the model 'own' cannot be added: .* has a layer 'Lambda', which"):
        adder.add(keras_network(tmp_path / "a.keras", layer), Wishes(OWN, COLOURS))
    assert shelf.names() == ()


def test_an_exported_program_becomes_onnx(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    file = exported(tmp_path / "a.pt2", {0: needed("torch").torch.export.Dim("batch")})
    becomes_onnx(adder.add(file, Wishes(OWN, COLOURS)), shelf, "torch")


def test_what_cannot_be_exported_runs_as_it_is_and_says_why(adder: Adder, tmp_path: Path) -> None:
    side = needed("torch").torch.export.Dim
    file = exported(tmp_path / "a.pt2", {2: side("height", min=9), 3: side("width", min=9)})
    added = adder.add(file, Wishes(OWN, COLOURS))
    assert (added.version.network.runtime, added.converted) == ("torch", None)
    assert added.kept.startswith("a.pt2 takes pictures of any size")
    names = {path.name for path in added.version.network.file.parent.iterdir()}
    assert names == {"a.pt2", "golden.npz", "labels.txt", NAME}


def test_a_frozen_graph_becomes_onnx(adder: Adder, shelf: Shelf, tmp_path: Path) -> None:
    becomes_onnx(adder.add(frozen_graph(tmp_path / "a.pb"), Wishes(OWN, COLOURS)), shelf, "tensorflow")


def test_without_tensorflow_a_frozen_graph_runs_in_openvino(
    adder: Adder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("openvino")
    file = frozen_graph(tmp_path / "a.pb")
    (tmp_path / "tensorflow.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    added = adder.add(file, Wishes(OWN, COLOURS))
    assert (added.version.network.runtime, added.converted, added.kept) == ("openvino", None, "")


def test_a_conversion_that_takes_too_long_leaves_the_folder_as_it_was(adder: Adder, tmp_path: Path) -> None:
    file = exported(tmp_path / "a.pt2", {0: needed("torch").torch.export.Dim("batch")})
    added = adder.add(file, Wishes(OWN, COLOURS, runtime="torch"))
    folder = added.version.network.file.parent
    (folder / "network.onnx").write_bytes(b"half of it")
    with pytest.raises(InvalidModel, match=r"^its conversion to ONNX cannot be used: it takes longer than 0\.1 s$"):
        forms.to_onnx(folder, Limits(GIBIBYTE, 0.1))
    assert not (folder / "network.onnx").exists()
    assert read_version(folder) == added.version


def test_torchscript_is_refused_unless_the_operator_allows_it(
    adder: Adder, generous: Adder, shelf: Shelf, tmp_path: Path
) -> None:
    folder = torchscript_folder(tmp_path / "a")
    for path in (folder, folder / "a.pt"):
        with pytest.raises(InvalidModel, match="the setting `allow_torchscript` lets such files run"):
            adder.add(path, Wishes(OWN))
    with pytest.raises(InvalidModel, match="does not tell the shape of what the network takes: describe it in a model"):
        generous.add(folder / "a.pt", Wishes(OWN))
    assert shelf.names() == ()
    added = generous.add(folder, Wishes(OWN))
    assert (added.version.network.runtime, added.converted, added.kept) == ("torchscript", None, "")
    with pytest.raises(InvalidModel, match="the setting `allow_torchscript`"):
        load(added.version, "cpu")
    assert contract.check(load(added.version, "cpu", ALLOWED.granted)).kept


def test_a_model_cannot_allow_itself_what_the_operator_does_not(
    adder: Adder, generous: Adder, shelf: Shelf, tmp_path: Path
) -> None:
    generous.add(torchscript_folder(tmp_path / "a"), Wishes(OWN))
    folder = shelf.find(OWN)
    assert folder is not None
    rewrite(folder, "[preprocessing]", "[network.options]\nallow_torchscript = true\n\n[preprocessing]")
    version = read_version(folder)
    assert dict(version.network.options) == {"allow_torchscript": True}
    for attempt in (lambda: load(version, "cpu"), lambda: adder.add(folder, Wishes(ModelName("other")))):
        with pytest.raises(InvalidModel, match="the setting `allow_torchscript` lets such files run"):
            attempt()
    assert shelf.names() == (OWN,)


def test_a_graph_with_loops_stays_in_tensorflow(adder: Adder, shared_data: Path) -> None:
    needed("tensorflow")
    added = adder.add(shared_data / "models" / "tensorflow" / "mtcnn.pb", Wishes(OWN, LabelSet(("face",))))
    assert added.version.network.runtime == "tensorflow"
    assert added.kept
    model = load(added.version)
    assert recognised(model, plain_picture((90, 120, 90)), Selection()) == ()
    with PIL.Image.open(shared_data / "photos" / "cc_grace_hopper.jpg") as photo:
        faces = recognised(model, np.asarray(photo.convert("RGB")), Selection())
    assert {face.label for face in faces} == {"face"}
    assert all(face.region for face in faces)
