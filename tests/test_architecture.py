"""The house rules that no other tool checks."""

import ast
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

import image_tagger
from image_tagger import plugins
from image_tagger.domain.specs import Channels, Element, Filter, Layout, Resize, Rounding
from image_tagger.models import manifest
from tests.models.folders import copy_of_starter

PACKAGE = Path(image_tagger.__file__).parent
REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((REPOSITORY / "tests").rglob("*.py"))

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 50
MOST_PARAMETERS = 5
VAGUE = {"base", "common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}
REASON = r"\S+( \S+)+"  # more than one word
EXCUSES = {
    "noqa": re.compile(rf"# noqa: [A-Z]+\d+(, [A-Z]+\d+)* - {REASON}"),
    "type: ignore": re.compile(rf"# type: ignore\[[a-z-]+(, ?[a-z-]+)*\]  # {REASON}"),
}
IMPORTED_IN = {  # torch has three forms of networks, and so three runtimes; every other library has its one module
    "onnxruntime": {"models/runtimes/onnx.py"},
    "aiohttp": {"media/connections.py", "media/fetch.py"},  # the latter for its types
    "httpx2": {"client/transport.py"},
    "pi_heif": {"media/stills.py"},
    "huggingface_hub": {"models/sources/huggingface.py"},
    "filelock": {"models/shelf.py"},
    "torch": {f"models/runtimes/{name}.py" for name in ("torch", "torchscript", "transformers")},
    "transformers": {"models/runtimes/transformers.py"},
    "timm": {"models/runtimes/transformers.py"},
    "tensorflow": {"models/runtimes/tensorflow.py"},
    "tf2onnx": {"models/runtimes/tensorflow.py"},
    "keras": {"models/runtimes/keras.py"},
    "h5py": {"models/runtimes/keras.py"},
    "openvino": {"models/runtimes/openvino.py"},
    "ai_edge_litert": {"models/runtimes/tflite.py"},
    "cv2": {"models/runtimes/opencv.py"},
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def short(file: Path) -> str:
    return file.relative_to(REPOSITORY).as_posix() if file.is_relative_to(REPOSITORY) else file.name


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(file: Path) -> list[Function]:
    return [node for node in ast.walk(tree(file)) if isinstance(node, Function)]


def imported(file: Path) -> set[str]:
    """Full names of the modules, and of what is taken out of them."""
    names: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def parameters(function: Function) -> list[str]:
    arguments = function.args
    named = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in named if name not in {"self", "cls"}]


def comments(file: Path) -> list[str]:
    with file.open("rb") as lines:
        return [token.string for token in tokenize.tokenize(lines.readline) if token.type == tokenize.COMMENT]


def test_files_are_short() -> None:
    lengths = {short(file): len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCES}
    assert {name: length for name, length in lengths.items() if length >= MOST_LINES} == {}


def test_functions_are_short() -> None:
    every = ((short(file), f.name, (f.end_lineno or 0) - f.lineno + 1) for file in SOURCES for f in functions(file))
    assert [one for one in every if one[2] >= MOST_LINES_OF_A_FUNCTION] == []


@pytest.mark.parametrize("file", SOURCES, ids=short)
def test_functions_take_few_parameters_or_say_why(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    many = [function for function in functions(file) if len(parameters(function)) > MOST_PARAMETERS]
    assert [f.name for f in many if "# noqa: PLR0913 - " not in lines[f.lineno - 1]] == []


@pytest.mark.parametrize("file", SOURCES, ids=short)
def test_docstrings_open_with_sentences(file: Path) -> None:
    documented = [n for n in ast.walk(tree(file)) if isinstance(n, Function | ast.ClassDef | ast.Module)]
    openings = [(ast.get_docstring(node) or "").partition("\n\n")[0] for node in documented]
    assert openings[0], "the module does not say its purpose"
    assert [opening for opening in openings if opening and not opening.endswith((".", ":"))] == []


def test_names_say_what_is_inside() -> None:
    assert [short(file) for file in SOURCES if VAGUE & {*file.relative_to(PACKAGE).parts[:-1], file.stem}] == []


@pytest.mark.parametrize("mark", EXCUSES)
def test_an_excuse_has_a_code_and_a_reason(mark: str) -> None:
    excuses = [(short(file), text) for file in SOURCES + TESTS for text in comments(file) if f"# {mark}" in text]
    assert excuses
    assert [excuse for excuse in excuses if not EXCUSES[mark].search(excuse[1])] == []


@pytest.mark.parametrize("library", IMPORTED_IN)
def test_a_library_is_imported_in_its_own_modules(library: str) -> None:
    importing = {
        file.relative_to(PACKAGE).as_posix()
        for file in SOURCES
        if any(name == library or name.startswith(f"{library}.") for name in imported(file))
    }
    assert importing == IMPORTED_IN[library]


def test_no_test_uses_mocks() -> None:
    used = {short(file): imported(file) & {"mock", "unittest", "unittest.mock", "pytest_mock"} for file in TESTS}
    assert {name: mocks for name, mocks in used.items() if mocks} == {}


@pytest.mark.parametrize("name", plugins.names("image_tagger.api.dialects"))
def test_a_dialect_has_its_page(name: str) -> None:
    assert (DOCS / "dialects" / f"{name}.md").is_file()


@cache
def models_page() -> str:
    return (DOCS / "models.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        *plugins.names("image_tagger.models.runtimes"),
        *plugins.names("image_tagger.models.postprocessing"),
        *plugins.names("image_tagger.models.sources"),
        *(value for words in (Resize, Filter, Layout, Element, Rounding, Channels) for value in words),
    ],
)
def test_what_a_model_can_name_is_documented(name: str) -> None:
    assert f"`{name}`" in models_page()


def keys_read(file: Path) -> set[str]:
    """What the code looks up by `table["key"]` and `table.get("key")`."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        looked_up = node.slice if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            looked_up = node.args[0]
        if isinstance(looked_up, ast.Constant) and isinstance(looked_up.value, str):
            found.add(looked_up.value)
    return found


def test_every_key_of_a_model_is_documented() -> None:
    keys = keys_read(Path(manifest.__file__))
    assert {"network", "preprocessing", "spec", "golden", "sha256", "fraction"} <= keys
    assert [key for key in sorted(keys) if f"`{key}`" not in models_page()] == []


def test_the_documented_model_is_a_model(tmp_path: Path) -> None:
    folder = copy_of_starter(tmp_path)
    example = re.search(r"```toml\n(.*?)```", models_page(), re.DOTALL)
    assert example is not None
    own = re.search(r'^sha256 = ".*"$', (folder / manifest.NAME).read_text(), re.MULTILINE)
    assert own is not None
    (folder / manifest.NAME).write_text(re.sub(r'^sha256 = ".*"$', own[0], example[1], flags=re.MULTILINE))
    assert manifest.read_version(folder).spec.postprocessing == "classification"
