"""TensorFlow: SavedModels of any age and frozen graphs, run in a session with its own number of threads."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.formats.graphs import operations, sources
from image_tagger.models.formats.graphs.graph import Graph, SavedGraph, Signature, node_name, read_frozen, read_saved
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its notes about the processor go to stderr of every command
os.environ.setdefault("TF_OVERRIDE_GLOBAL_THREADPOOL", "1")  # without it, the first session's threads serve all
try:
    import tensorflow
except Exception as missing:  # not only ImportError: builds that do not fit together fail in many ways
    raise MissingExtra("TensorFlow is not installed: `pip install 'image-tagger[tensorflow]'`") from missing

BINARY, TEXT = "saved_model.pb", "saved_model.pbtxt"
WEIGHTS = "variables"  # the folder of a SavedModel's weights, and how their files begin
SIGNATURE = "serving_default"
MOST_BYTES = 2**31 - 1  # of a Protocol Buffers message
WRITERS = frozenset({"MergeV2Checkpoints", "Save", "SaveSlices", "SaveV2"})  # they give no tensor
GIVES_NOTHING = frozenset({"Assert", "Const", "NoOp", "Placeholder"})
FED = "Placeholder"
compat: Any = tensorflow.compat.v1


@dataclass(frozen=True, slots=True)
class TensorFlowRuntime:
    """An open graph. `run` may be called from several threads at once."""

    session: Any
    graph: Graph
    signature: Signature
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path
    device: str
    options: Options
    allowed: set[tuple[str, ...]] = field(default_factory=set)  # outputs found to be harmless

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs; none named: the first one.

        A name is the signature's, or that of any tensor inside. Raises InvalidModel, and ModelUnavailable where the
        memory does not suffice.
        """
        wanted = [self._tensor(name, self.signature.outputs) for name in outputs or [self.outputs[0].name]]
        fed = [self._fed(name, value) for name, value in feeds.items()]
        self._check(tuple(tensor.op.name for tensor in wanted))
        try:
            answers: list[NDArray[Any]] = self.session.run(wanted, dict(fed))
        except tensorflow.errors.ResourceExhaustedError as error:
            raise ModelUnavailable(f"{self.file.name} needs more memory than there is", retry_after=5) from error
        except (tensorflow.errors.OpError, TypeError, ValueError) as error:
            raise InvalidModel(f"{self.file.name} cannot be run on these inputs: {type(error).__name__}") from error
        return [np.asarray(answer) for answer in answers]

    def with_threads(self, count: int) -> "TensorFlowRuntime":
        """The same network, opened once more so that one run uses so many cores."""
        return _open(self.file, self.device, self.options, count)

    def inner(self, name: str) -> TensorInfo:
        """Any tensor of the graph, which may be fed. Raises InvalidModel where there is none of this name."""
        tensor = self._tensor(name, self.signature.inputs)
        return TensorInfo(name, _shape(tensor.shape), tensor.dtype.name)

    def export(self, into: Path) -> None:
        """Write the network as ONNX, with its variables as constants. Raises InvalidModel where it cannot be done."""
        fed, given = (
            [_numbered(name) for name in side.values()] for side in (self.signature.inputs, self.signature.outputs)
        )
        self._check(tuple(node_name(name) for name in given))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # for developers of exporters
                from tf2onnx import convert  # noqa: PLC0415 - needed here only

                nodes = [node_name(name) for name in given]
                constant = compat.graph_util.convert_variables_to_constants(
                    self.session, self.session.graph.as_graph_def(), nodes
                )
                convert.from_graph_def(constant, input_names=fed, output_names=given, output_path=str(into))
        except Exception as error:  # anything may go wrong in a foreign architecture; the caller has another way
            raise InvalidModel(f"tf2onnx cannot export {self.file.name}: {type(error).__name__}") from error

    def _check(self, nodes: tuple[str, ...]) -> None:
        if nodes not in self.allowed:
            operations.check_run(self.graph, nodes, self.file.name)
            self.allowed.add(nodes)

    def _fed(self, name: str, value: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
        tensor = self._tensor(name, self.signature.inputs)
        element = tensor.dtype.as_numpy_dtype
        if not np.can_cast(value.dtype, element, "same_kind"):
            raise InvalidModel(f"the network's input {name!r} takes {tensor.dtype.name}, not {value.dtype}")
        alone = tensor.shape.rank == value.ndim - 1 and value.shape[:1] == (1,)  # a graph for one picture has no batch
        return tensor, np.asarray(value[0] if alone else value, element)

    def _tensor(self, name: str, named: Mapping[str, str]) -> Any:
        tensor = _numbered(named.get(name) or named.get(name.removesuffix(":0")) or name)
        try:
            return self.session.graph.get_tensor_by_name(tensor)
        except (KeyError, ValueError) as error:
            raise InvalidModel(f"{self.file.name} has no tensor {name!r}; it has: {', '.join(named)}") from error


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> TensorFlowRuntime:
    """Open a SavedModel's folder, its `saved_model.pb` or `.pbtxt` with the weights beside it, or a frozen `.pb` graph.

    device: `cpu`, `cuda`, or `auto`: a GPU if there is one. options: `signature`, for SavedModels. What is not known
    to only compute is refused before anything runs. Raises InvalidModel, and ModelUnavailable for a device that is
    not there.
    """
    return _open(files, device, options, 1)


def library_version() -> str:
    """The version of TensorFlow."""
    return str(tensorflow.__version__)


def _open(files: Path, device: str, options: Options, threads: int) -> TensorFlowRuntime:
    session = compat.Session(graph=tensorflow.Graph(), config=_configuration(device, threads))
    try:
        graph, signature = _fill(session, files, options)
    except (tensorflow.errors.OpError, KeyError, TypeError, ValueError) as error:
        raise InvalidModel(f"{files.name} is no network that TensorFlow can open: {type(error).__name__}") from error
    inputs, outputs = _infos(session.graph, signature.inputs), _infos(session.graph, signature.outputs)
    if not outputs:
        raise InvalidModel(f"{files.name} gives no tensor")
    return TensorFlowRuntime(session, graph, signature, inputs, outputs, files, device, options)


def _fill(session: Any, files: Path, options: Options) -> tuple[Graph, Signature]:
    saved = _saved_model(files)
    if saved is None:
        message = _understood(compat.GraphDef, _content(files), f"{files.name} is no TensorFlow graph")
        graph = read_frozen(memoryview(message.SerializeToString()), files.name)
        operations.check_graph(graph, files.name)
        _import(session, message, None)
        return graph, _guessed(graph)
    opened = read_saved(memoryview(_saved_message(saved).SerializeToString()), saved.name)
    signature = _signature(opened, str(options.get("signature", SIGNATURE)), saved.name)
    operations.check_graph(opened.graph, saved.name)
    operations.check_run(opened.graph, signature.outputs.values(), saved.name)
    meta = compat.MetaGraphDef.FromString(bytes(opened.message))
    _import(session, meta.graph_def, meta.meta_info_def.stripped_op_list)
    _restore(session, opened, saved)
    return opened.graph, signature


def _saved_model(files: Path) -> Path | None:
    """The file of a SavedModel's graph; None for a frozen graph."""
    if not files.is_dir():
        return files if files.name in {BINARY, TEXT} else None
    for name in (BINARY, TEXT):
        if (files / name).is_file():
            return files / name
    raise InvalidModel(f"the folder {files.name} holds neither {BINARY} nor {TEXT}")


def _saved_message(file: Path) -> Any:
    from google.protobuf import text_format  # noqa: PLC0415 - comes with TensorFlow
    from tensorflow.core.protobuf import saved_model_pb2  # noqa: PLC0415 - the same

    if file.name != TEXT:
        return _understood(saved_model_pb2.SavedModel, _content(file), f"{file.name} is no SavedModel")
    try:
        return text_format.Parse(_content(file), saved_model_pb2.SavedModel())
    except (text_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidModel(f"{file.name} is no SavedModel in text form") from error


def _understood(kind: Any, content: bytes, wrong: str) -> Any:
    """A message without what TensorFlow passes over.

    One content can be read in several ways: values that stand twice, parts that are joined. So nothing is checked but
    what this message, which is the one that is opened, says when it is written again.
    """
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - comes with TensorFlow

    try:
        message = kind.FromString(content)
    except DecodeError as error:
        raise InvalidModel(f"{wrong}: it cannot be parsed") from error
    message.DiscardUnknownFields()
    return message


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidModel(f"{file.name} is larger than a TensorFlow graph can be")
        return file.read_bytes()
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror}") from error


def _signature(saved: SavedGraph, name: str, file: str) -> Signature:
    found = saved.signatures.get(name)
    if found is None:
        offered = ", ".join(sorted(saved.signatures)) or "none"
        raise InvalidModel(f"{file} has no signature {name!r}; it has: {offered}")
    return found


def _guessed(graph: Graph) -> Signature:
    """A frozen graph names nothing: what is fed are its placeholders, what it gives is what nothing else reads."""
    read = {name for node in graph.nodes.values() for name in node.inputs}
    fed = {name: name for name, node in graph.nodes.items() if node.operation == FED}
    last = [name for name, node in graph.nodes.items() if name not in read and node.operation not in GIVES_NOTHING]
    return Signature(fed, {name: name for name in last})


def _import(session: Any, graph_def: Any, known: Any) -> None:
    _disarm(graph_def)
    with session.graph.as_default():
        compat.import_graph_def(graph_def, name="", producer_op_list=known)


def _disarm(graph_def: Any) -> None:
    """Nothing is saved here, so what would write files does nothing, by whatever way it may be called."""
    bodies = (graph_def.node, *(function.node_def for function in graph_def.library.function))
    for node in (node for body in bodies for node in body if node.op in WRITERS):
        node.op = "NoOp"
        node.ClearField("input")
        node.ClearField("attr")


def _restore(session: Any, saved: SavedGraph, file: Path) -> None:
    """Weights from the folder `variables`, or from files beside the graph; then tables that need no file."""
    prefix = next((p for p in (file.parent / WEIGHTS / WEIGHTS, file.parent / WEIGHTS) if _has_weights(p)), None)
    if prefix is not None and saved.restoring:
        operations.check_restoring(saved, file.name)
        session.run(saved.restoring, {_numbered(saved.filename): str(prefix)})
    elif prefix is None and any(node.operation == sources.READER for node in saved.graph.reached([saved.restoring])):
        raise InvalidModel(f"the weights of {file.name} are missing: {WEIGHTS}.index and {WEIGHTS}.data-*")
    if operations.initialises(saved):
        session.run(session.graph.get_operation_by_name(node_name(saved.initialising)))


def _has_weights(prefix: Path) -> bool:
    return prefix.with_name(f"{prefix.name}.index").is_file()


def _infos(graph: Any, named: Mapping[str, str]) -> tuple[TensorInfo, ...]:
    tensors = ((name, graph.get_tensor_by_name(_numbered(tensor))) for name, tensor in named.items())
    return tuple(TensorInfo(name, _shape(tensor.shape), tensor.dtype.name) for name, tensor in tensors)


def _shape(shape: Any) -> tuple[int | None, ...]:
    return () if shape.rank is None else tuple(shape.as_list())


def _numbered(tensor: str) -> str:
    return tensor if ":" in tensor else f"{tensor}:0"


def _configuration(device: str, threads: int) -> Any:
    if device not in {"auto", "cpu", "cuda"}:
        raise ModelUnavailable(f"there is no device {device!r} for TensorFlow; there are: auto, cpu, cuda")
    if device == "cuda" and not tensorflow.config.list_physical_devices("GPU"):
        raise ModelUnavailable("the device 'cuda' does not work here: TensorFlow finds none")
    counts = {"GPU": 0} if device == "cpu" else {}
    configuration = compat.ConfigProto(
        device_count=counts,
        intra_op_parallelism_threads=threads,
        inter_op_parallelism_threads=1,
        use_per_session_threads=True,
        allow_soft_placement=True,
    )
    configuration.gpu_options.allow_growth = True  # other networks share the GPU
    rewriting = configuration.graph_options.rewrite_options
    rewriting.implementation_selector = rewriting.OFF  # it calls other functions than those that were looked at
    return configuration
