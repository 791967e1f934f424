"""Faster-RCNN's proposal layer of Python, written as the layer of C++ that computes the same; other code is refused.

The numbers are those with which py-faster-rcnn tests its networks, which stand in its Python, not in the prototxt.
"""

import re

from image_tagger.models.formats.caffe.network import Deploy, Layer, deploy

CODE = "Python"
MODULE, CLASS = "proposal_layer", "ProposalLayer"
STRIDE = re.compile(r"feat_stride['\"]?\s*:\s*(\d+)")
SCALES = re.compile(r"scales['\"]?\s*:\s*[\[(]([\d., ]+)[\])]")
USUAL_STRIDE, USUAL_SCALES, RATIOS = "16", "8, 16, 32", ("0.5", "1", "2")
NUMBERS = "base_size: 16 min_size: 16 pre_nms_topn: 6000 post_nms_topn: 300 nms_thresh: 0.7"


def without_code(network: Deploy) -> Deploy:
    """The same network without layers of Python. Raises ValueError where one is another than Faster-RCNN's."""
    text = network.text
    for layer in sorted((one for one in network.layers if one.type == CODE), key=lambda one: -one.message.start):
        text = text[: layer.message.start] + _in_its_place(layer) + text[layer.message.end :]
    return deploy(text) if text is not network.text else network


def _in_its_place(layer: Layer) -> str:
    module, kind, options = _named(layer)
    if module.rpartition(".")[2] != MODULE or kind != CLASS:
        raise ValueError(f"its layer {layer.name!r} is code, {module}.{kind} of Python, which is never run")
    stride, scales = STRIDE.search(options), SCALES.search(options)
    each = [part.strip() for part in (scales[1] if scales else USUAL_SCALES).split(",") if part.strip()]
    anchors = "".join(f" ratio: {ratio}" for ratio in RATIOS) + "".join(f" scale: {scale}" for scale in each)
    ends = "".join(f' bottom: "{name}"' for name in layer.bottoms) + "".join(f' top: "{name}"' for name in layer.tops)
    parameters = f"feat_stride: {stride[1] if stride else USUAL_STRIDE} {NUMBERS}{anchors}"
    return f'layer {{ name: "{layer.name}" type: "Proposal"{ends} proposal_param {{ {parameters} }} }}'


def _named(layer: Layer) -> tuple[str, str, str]:
    found = layer.message.messages("python_param")
    if not found:
        return "a module", "without a name", ""
    return found[-1].text("module"), found[-1].text("layer"), found[-1].text("param_str")
