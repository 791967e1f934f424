"""ONNX files of the served network: float32, float32 from narrow numbers, and int8."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from training import ranges
from training.served import GREY, Served

OPSET = 18
IR_VERSION = 10  # the newest that ONNX Runtime 1.20 opens
HALF_ABOVE = 1000  # numbers; smaller matrices, and all biases and scales, stay float32
Steps = Mapping[str, Sequence[float]]  # by name of the weights, one for each filter


def write_float(served: Served, side: int, path: Path) -> None:
    """The network in float32, any batch."""
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        served.eval(),
        (example,),
        dynamo=True,
        opset_version=OPSET,
        input_names=["pixels"],
        output_names=["logits"],
        dynamic_shapes={"pixels": {0: torch.export.Dim("batch")}},
        verbose=False,
    )
    _save(program.model_proto, path)


def write_narrow(source: Path, path: Path, steps: Steps) -> None:
    """The same float32 graph in a quarter of the bytes, for filters that are rounded already (training.rounding).

    They are stored as the whole numbers and steps that they are products of, other large weights as float16. The
    runtime makes float32 weights of them once, when it opens the file.
    """
    model = onnx.load(source)
    _narrow(model, steps)
    _save(model, path)


def write_int8(source: Path, photos: NDArray[np.uint8], path: Path, steps: Steps | None = None) -> None:
    """int8 convolutions, one scale per filter; activations in the ranges that `photos` (count, side, side, 3) suggest.

    steps: the scales of filters that are rounded already (training.rounding); others are rounded to the nearest step.

    Weights use 7 bits (-64..64). On x86 without VNNI two products byte x int8 are added in 16 bits, which saturates
    above 32767; 2 x 255 x 64 = 32640 never does, so every processor computes the same integers. The head computes in
    float32 with weights stored as float16: it costs little, and eight bits would give many classes the same score.
    """
    entry = _entry(onnx.load(source))
    activations = {name: [_bytes_in(found)] for name, found in ranges.measured(source, photos).items()}
    known = {name: [_step(step) for step in filters] for name, filters in (steps or {}).items()}
    quantize_static(
        source,
        path,
        _Batches(photos[:1]),  # the ranges that it would measure are known
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Relu", "Add"],
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        extra_options={"TensorQuantOverrides": {**activations, **known, entry: [_bytes_as_they_are()]}},
    )
    model = onnx.load(path)
    _drop_entry(model, entry)
    _narrow(model, {})
    _save(model, path)


def scale_head(path: Path, factor: float) -> None:
    """Multiply the logits of a file by `factor`, inside its last layer."""
    model = onnx.load(path)
    head = next(node for node in model.graph.node if node.op_type == "Gemm")
    widened = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast"}
    wanted = {widened.get(name, name) for name in head.input}
    for weight in model.graph.initializer:
        if weight.name in wanted:
            numbers = numpy_helper.to_array(weight)
            scaled = (numbers.astype(np.float32) * np.float32(factor)).astype(numbers.dtype)
            weight.CopyFrom(numpy_helper.from_array(scaled, weight.name))
    _save(model, path)


def _narrow(model: onnx.ModelProto, steps: Steps) -> None:
    """Store large float32 weights as narrower numbers, and widen them at the beginning of the graph."""
    floats = [weight for weight in model.graph.initializer if weight.data_type == TensorProto.FLOAT]
    large = [weight for weight in floats if len(weight.dims) > 1 and np.prod(weight.dims) > HALF_ABOVE]
    widening = []
    for weight in large:
        values, wide = numpy_helper.to_array(weight), weight.name
        narrow = f"{wide}_narrow"
        if wide in steps:
            step = np.array(steps[wide], np.float32).reshape(-1, *[1] * (values.ndim - 1))
            stored, whole = np.rint(values / step).astype(np.int8), f"{wide}_whole"
            model.graph.initializer.append(numpy_helper.from_array(step, f"{wide}_step"))
            widening.append(helper.make_node("Cast", [narrow], [whole], to=TensorProto.FLOAT))
            widening.append(helper.make_node("Mul", [whole, f"{wide}_step"], [wide]))
        else:
            stored = values.astype(np.float16)
            widening.append(helper.make_node("Cast", [narrow], [wide], to=TensorProto.FLOAT))
        model.graph.initializer.remove(weight)
        model.graph.initializer.append(numpy_helper.from_array(stored, narrow))
    nodes = [*widening, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


class _Batches(CalibrationDataReader):
    def __init__(self, photos: NDArray[np.uint8], size: int = 32) -> None:
        self._batches: Iterator[NDArray[np.uint8]] = iter(np.array_split(photos, max(1, len(photos) // size)))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def _bytes_as_they_are() -> dict[str, object]:
    return _bytes(1, GREY)


def _bytes_in(found: ranges.Range) -> dict[str, object]:
    return _bytes(found.step, found.zero)


def _bytes(step: float, zero: int) -> dict[str, object]:
    return {"quant_type": QuantType.QUInt8, "scale": np.array(step, np.float32), "zero_point": np.array(zero, np.uint8)}


def _step(step: float) -> dict[str, object]:
    return {"axis": 0, "scale": np.array(step, np.float32), "zero_point": np.array(0, np.int8)}


def _entry(model: onnx.ModelProto) -> str:
    """The tensor that enters the first convolution: pixel - GREY."""
    return next(node.input[0] for node in model.graph.node if node.op_type == "Conv")


def _drop_entry(model: onnx.ModelProto, entry: str) -> None:
    """Feed the bytes to the first convolution: quantised with scale 1 and zero at GREY they are what came in."""
    nodes = {output: node for node in model.graph.node for output in node.output}
    subtract = nodes[entry]
    cast = nodes[subtract.input[0]]
    quantise = next(n for n in model.graph.node if n.op_type == "QuantizeLinear" and n.input[0] == entry)
    restore = next(n for n in model.graph.node if n.op_type == "DequantizeLinear" and n.input[0] == quantise.output[0])
    restore.input[0] = cast.input[0]
    for node in (cast, subtract, quantise):
        model.graph.node.remove(node)


def _save(model: onnx.ModelProto, path: Path) -> None:
    """Write without the exporter's remarks: they hold source lines and paths."""
    for part in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
    for weight in model.graph.initializer:
        del weight.metadata_props[:]
    del model.graph.value_info[:]
    used = {name for node in model.graph.node for name in node.input}
    kept = [weight for weight in model.graph.initializer if weight.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.ir_version = min(model.ir_version, IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
