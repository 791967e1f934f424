"""Small networks of Caffe and Darknet for tests, and their weights, written without either."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CLASSIFIER = """
name: "small"  # a comment
input: "data"
input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""
SSD = """
input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }
layer { name: "loc" type: "Convolution" bottom: "data" top: "loc" convolution_param { num_output: 4 kernel_size: 8 } }
layer { name: "conf" type: "Convolution" bottom: "data" top: "conf" convolution_param { num_output: 2 kernel_size: 8 } }
layer { name: "loc_flat" type: "Flatten" bottom: "loc" top: "loc_flat" }
layer { name: "conf_flat" type: "Flatten" bottom: "conf" top: "conf_flat" }
layer { name: "prior" type: "PriorBox" bottom: "loc" bottom: "data" top: "prior"
  prior_box_param { min_size: 4.0 flip: false clip: false
    variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 offset: 0.5 step: 8 } }
layer { name: "out" type: "DetectionOutput" bottom: "loc_flat" bottom: "conf_flat" bottom: "prior" top: "out"
  detection_output_param { num_classes: 2 share_location: true background_label_id: 0
    nms_param { nms_threshold: 0.45 top_k: 10 } code_type: CENTER_SIZE keep_top_k: 10 confidence_threshold: 0.1 } }
"""
FASTER_RCNN = """
input: "data" input_shape { dim: 1 dim: 3 dim: 96 dim: 128 }
input: "im_info" input_shape { dim: 1 dim: 3 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 16 stride: 16 } }
layer { name: "cls" type: "Convolution" bottom: "conv" top: "cls" convolution_param { num_output: 18 kernel_size: 1 } }
layer { name: "box" type: "Convolution" bottom: "conv" top: "box" convolution_param { num_output: 36 kernel_size: 1 } }
layer { name: "pairs" type: "Reshape" bottom: "cls" top: "pairs"
  reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 0 } } }
layer { name: "shares" type: "Softmax" bottom: "pairs" top: "shares" }
layer { name: "scores" type: "Reshape" bottom: "shares" top: "scores"
  reshape_param { shape { dim: 0 dim: 18 dim: -1 dim: 0 } } }
layer { name: 'proposal' type: 'Python' bottom: 'scores' bottom: 'box' bottom: 'im_info' top: 'rois'
  python_param { module: 'rpn.proposal_layer' layer: 'ProposalLayer' param_str: "'feat_stride': 16" } }
layer { name: "roi" type: "ROIPooling" bottom: "conv" bottom: "rois" top: "roi"
  roi_pooling_param { pooled_w: 3 pooled_h: 3 spatial_scale: 0.0625 } }
layer { name: "fc" type: "InnerProduct" bottom: "roi" top: "fc" inner_product_param { num_output: 5 } }
layer { name: "cls_prob" type: "Softmax" bottom: "fc" top: "cls_prob" }
"""
DARKNET = """
[net]
width=16
height=16
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=21
size=1
stride=1
activation=linear
[yolo]
mask=0,1,2
anchors=2,2, 4,4, 8,8
classes=2
num=3
"""
Weights = dict[str, tuple[NDArray[np.float64], ...]]


def of_classifier() -> Weights:
    random = np.random.default_rng(0)
    return {
        "conv": (random.normal(size=(4, 3, 3, 3)), random.normal(size=4)),
        "fc": (random.normal(size=(3, 4)), random.normal(size=3)),
    }


def of_ssd() -> Weights:
    """The one box is always the prior box, and its score always 1."""
    return {"loc": (np.zeros((4, 3, 8, 8)), np.zeros(4)), "conf": (np.zeros((2, 3, 8, 8)), np.array([0.0, 1.0]))}


def of_faster_rcnn() -> Weights:
    random = np.random.default_rng(0)
    return {
        "conv": (random.normal(size=(8, 3, 16, 16)) * 0.05, np.zeros(8)),
        "cls": (random.normal(size=(18, 8, 1, 1)), np.zeros(18)),
        "box": (random.normal(size=(36, 8, 1, 1)) * 0.05, np.zeros(36)),
        "fc": (random.normal(size=(5, 72)) * 0.1, np.zeros(5)),
    }


def write_caffe(folder: Path, text: str, weights: Weights) -> Path:
    """`deploy.prototxt` and its weights in a folder."""
    (folder / "deploy.prototxt").write_text(text)
    layers = (_field(100, _field(1, name.encode()) + b"".join(map(_blob, blobs))) for name, blobs in weights.items())
    (folder / "deploy.caffemodel").write_bytes(b"".join(layers))
    return folder / "deploy.prototxt"


def write_darknet(folder: Path, text: str, weights: NDArray[np.float32]) -> Path:
    """`net.cfg` and its weights in a folder."""
    (folder / "net.cfg").write_text(text)
    (folder / "net.weights").write_bytes(np.array([0, 2, 5, 0, 0], np.int32).tobytes() + weights.tobytes())
    return folder / "net.cfg"


def _blob(array: NDArray[np.float64]) -> bytes:
    shape = b"".join(_number(1 << 3) + _number(side) for side in array.shape)
    return _field(7, _field(7, shape) + _field(5, array.astype("<f4").tobytes()))


def _field(number: int, content: bytes) -> bytes:
    return _number(number << 3 | 2) + _number(len(content)) + content


def _number(value: int) -> bytes:
    low = bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
    return low + (_number(value >> 7) if value > 0x7F else b"")
