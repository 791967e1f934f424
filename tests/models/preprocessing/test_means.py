"""Mean pictures of NumPy and of Caffe are subtracted in the tensor's own order of colours."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Channels, Layout, Preprocessing, Resize
from image_tagger.models.formats.binaryproto import read_blob
from image_tagger.models.preprocessing.means import mean_picture
from image_tagger.models.preprocessing.preparing import prepare

MEAN = np.arange(2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3)  # height 2, width 3
FILLED = 10


def varint(value: int) -> bytes:
    more = bytearray()
    while value > 0x7F:
        more.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*more, value))


def packed(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(mean: NDArray[np.float32], form: str = "packed") -> bytes:
    """A BlobProto as Caffe writes it, and as other versions of Caffe do."""
    data = mean.transpose(2, 0, 1).ravel()
    height, width, channels = mean.shape
    sides = b"".join(varint(n << 3) + varint(v) for n, v in enumerate((1, channels, height, width), 1))
    match form:
        case "packed":
            return sides + packed(5, data.astype("<f4").tobytes())
        case "unpacked":
            return b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in data) + sides
        case "doubles":
            return sides + packed(8, data.astype("<f8").tobytes())
        case "shape":
            return packed(7, packed(1, b"".join(map(varint, (channels, height, width))))) + packed(5, data.tobytes())
        case _:
            dims = b"".join(varint(1 << 3) + varint(side) for side in (1, channels, height, width))
            return packed(7, dims) + packed(5, data.tobytes())


@pytest.mark.parametrize("form", ["packed", "unpacked", "doubles", "shape", "unpacked shape"])
def test_every_form_of_caffes_means_is_read(form: str) -> None:
    assert np.array_equal(read_blob(blob(MEAN, form)), MEAN)


@given(st.integers(0, len(blob(MEAN)) - 1))
def test_a_mean_that_is_cut_short_is_none(length: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_blob(blob(MEAN)[:length])


@given(st.binary(max_size=200))
def test_anything_else_is_no_mean_and_no_crash(content: bytes) -> None:
    try:
        found = read_blob(content)
    except ValueError:
        return
    assert found.ndim == 3


def written(folder: Path, mean: NDArray[np.float32], name: str) -> Path:
    file = folder / name
    if file.suffix == ".npy":
        np.save(file, mean)
    else:
        file.write_bytes(blob(mean))
    return file


@pytest.mark.parametrize("name", ["mean.npy", "mean.binaryproto", "mean.proto.bin"])
@pytest.mark.parametrize("channels", [Channels.RGB, Channels.BGR])
def test_the_mean_is_subtracted_after_scaling_in_the_order_of_the_tensor(
    tmp_path: Path, name: str, channels: Channels
) -> None:
    wanted = Preprocessing(
        Size(3, 2),
        scale=2 / 255,
        mean=(1.0, 2.0, 3.0),
        std=(1.0, 2.0, 4.0),
        layout=Layout.NHWC,
        channels=channels,
        mean_file=written(tmp_path, MEAN, name),
    )
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    ordered = pixels[..., ::-1] if channels is Channels.BGR else pixels
    expected = (ordered * (2 / 255) - MEAN - (1, 2, 3)) / (1, 2, 4)
    np.testing.assert_allclose(prepare(pixels, wanted), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["mean.npy", "mean.binaryproto"])
def test_one_pixel_is_a_mean_for_each_channel(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, np.array([[[1, 2, 3]]], np.float32), name)
    wanted = Preprocessing(Size(4, 4), scale=1.0, mean_file=file)
    tensor = prepare(np.full((4, 4, 3), FILLED, np.uint8), wanted)
    assert [channel.tolist() for channel in tensor[:, 0, 0]] == [9, 8, 7]
    assert np.all(tensor == tensor[:, :1, :1])


def test_a_mean_of_ones_makes_pixels_of_two_run_from_minus_one_to_one(tmp_path: Path) -> None:
    file = written(tmp_path, np.ones((299, 299, 3), np.float32), "unitary_mean.npy")
    wanted = Preprocessing(Size(8, 8), scale=2 / 255, mean_file=file)
    for value, expected in ((0, -1), (255, 1)):
        np.testing.assert_allclose(prepare(np.full((8, 8, 3), value, np.uint8), wanted), expected, atol=1e-6)


@pytest.mark.parametrize("size", [Size(40, 20), Size(10, 40)])
def test_where_the_tensor_has_the_pictures_shape_the_mean_is_resized_to_it(tmp_path: Path, size: Size) -> None:
    rising = np.repeat(np.linspace(0, 100, 50, dtype=np.float32)[None, :, None], 3, axis=2).repeat(50, axis=0)
    wanted = Preprocessing(Size(80, 80), Resize.NETWORK, scale=1.0, mean_file=written(tmp_path, rising, "mean.npy"))
    tensor = prepare(np.full((size.height, size.width, 3), 200, np.uint8), wanted)
    assert max(tensor.shape) == 80
    np.testing.assert_allclose(tensor[0, :, 0], 200, atol=3)
    np.testing.assert_allclose(tensor[0, :, -1], 100, atol=3)


def test_a_mean_of_grey_has_no_third_dimension(tmp_path: Path) -> None:
    file = written(tmp_path, np.full((4, 4), 7, np.float32), "mean.npy")
    wanted = Preprocessing(Size(4, 4), scale=1.0, channels=Channels.GREY, mean_file=file)
    assert np.all(prepare(np.full((4, 4, 3), FILLED, np.uint8), wanted) == 3)


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    file = written(tmp_path, MEAN, "mean.npy")
    before = mean_picture(file, Size(3, 2), 3)
    written(tmp_path, MEAN + 1, "mean.npy")
    assert np.array_equal(mean_picture(file, Size(3, 2), 3), before + 1)


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("mean.npy", np.zeros((4, 4, 4)), "4 channels, the tensor 3"),
        ("mean.npy", np.zeros(3), "holds no picture"),
        ("mean.npy", np.zeros((5000, 1, 3)), "holds no picture"),
        ("mean.npy", np.full((1, 1, 3), np.nan), "not finite"),
        ("mean.npy", np.array([[["a", "b", "c"]]]), "damaged, or no mean picture"),
        ("mean.npy", np.array([[[{}, {}, {}]]]), "damaged, or no mean picture"),
    ],
)
def test_what_is_no_mean_is_named(tmp_path: Path, name: str, array: NDArray[np.float64], reason: str) -> None:
    np.save(tmp_path / name, array, allow_pickle=True)
    with pytest.raises(InvalidModel, match=reason) as refused:
        mean_picture(tmp_path / name, Size(4, 4), 3)
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("mean.binaryproto", b"GIF89a"), ("mean.npy", b"GIF89a"), ("mean.npy", b""), ("mean.binaryproto", b"")],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidModel, match=name):
        mean_picture(tmp_path / name, Size(4, 4), 3)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': (",
        b"[" * 9000,
        b"(" * 150 + b"1",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1L",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, -1), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
    ],
)
def test_a_header_that_makes_no_sense_is_named(tmp_path: Path, header: bytes) -> None:
    file = tmp_path / "mean.npy"
    file.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(64))
    with pytest.raises(InvalidModel, match=r"mean\.npy cannot be read"):
        mean_picture(file, Size(4, 4), 3)


def test_a_header_that_claims_more_than_there_is_costs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mean.npy"
    np.save(file, np.zeros((1, 1, 3), np.float32))
    claimed = file.read_bytes().replace(b"(1, 1, 3), }   ", b"(4096, 4096, 3)")
    file.write_bytes(claimed.replace(b"(4096, 4096, 3)", b"(409, 4096, 3)}", 1))
    with pytest.raises(InvalidModel, match="cannot be read"):
        mean_picture(file, Size(4, 4), 3)


def test_a_mean_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=r"mean\.npy cannot be read"):
        mean_picture(tmp_path / "mean.npy", Size(4, 4), 3)
