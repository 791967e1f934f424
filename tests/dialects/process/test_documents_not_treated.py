"""D07 to D11 and the known bugs about single documents: one of them never stops the others."""

import base64
from typing import Any

import httpx
import pytest

from tests.dialects.pictures import animated_gif, bomb, encoded, every_mode, grey16, jpeg, png, scene, truncated
from tests.dialects.process.documents import (
    NOT_SUITABLE,
    WRONG_TYPE,
    assert_close,
    base64_of,
    document,
    post,
    success,
    treated,
)

MODES = every_mode(1)


def between_images(client: httpx.Client, *bad: Any) -> list[dict[str, str]]:
    """What is said about documents that stand between two good ones, which must be treated in order."""
    envelope = success(post(client, document("first", jpeg(1)), *bad, document("last", jpeg(2))))

    assert [found["id"] for found in envelope["data"]] == ["first", "last"]
    listed: list[dict[str, str]] = envelope["list_id_not_treated"]
    return listed


def test_d07_documents_of_another_type_are_listed_in_order(client: httpx.Client) -> None:
    bad = [document("pdf", jpeg(1), "pdf"), document("null", jpeg(1), None), document("empty", jpeg(1), "")]

    assert between_images(client, *bad) == [{"pdf": WRONG_TYPE}, {"null": WRONG_TYPE}, {"empty": WRONG_TYPE}]


@pytest.mark.parametrize("file_type", ["docx", ".jpg", "webp", "svg", "jp", "jpg png", 5, 0, True, ["jpg"], {"jpg": 1}])
def test_d07_only_the_types_of_the_sheet_are_valid(client: httpx.Client, file_type: Any) -> None:
    assert between_images(client, document("bad", jpeg(1), file_type)) == [{"bad": WRONG_TYPE}]


def test_d07_a_missing_type_is_not_valid(client: httpx.Client) -> None:
    assert between_images(client, {"id": "bad", "source": {"content": base64_of(jpeg(1))}}) == [{"bad": WRONG_TYPE}]


def test_d08_bug01_content_that_is_no_image_is_not_suitable(client: httpx.Client) -> None:
    bad = [document("text", b"this is no picture"), document("cut", truncated()["JPEG"]), document("empty", b"")]

    assert between_images(client, *bad) == [{"text": NOT_SUITABLE}, {"cut": NOT_SUITABLE}, {"empty": NOT_SUITABLE}]


@pytest.mark.parametrize("kind", truncated())
def test_d08_bug01_a_truncated_image_is_not_suitable(client: httpx.Client, kind: str) -> None:
    assert between_images(client, document("cut", truncated()[kind])) == [{"cut": NOT_SUITABLE}]


def test_d08_a_decompression_bomb_is_not_suitable(client: httpx.Client) -> None:
    assert between_images(client, document("bomb", bomb(20_000), "png")) == [{"bomb": NOT_SUITABLE}]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="null"),
        pytest.param("abcde", id="base64 of an impossible length"),
        pytest.param(base64_of(jpeg(1)).rstrip("=")[:-1] + "=", id="base64 with the wrong padding"),
        pytest.param("!!!! \u00e9\u4e16 not base64 !!!!", id="hardly a character of base64"),
        pytest.param("====", id="only padding"),
        pytest.param("data:image/jpeg;base64," + base64_of(jpeg(1)), id="data URL"),
        pytest.param(12345, id="number"),
        pytest.param(0, id="zero"),
        pytest.param(1.5, id="float"),
        pytest.param(True, id="true"),
        pytest.param([base64_of(jpeg(1))], id="list"),
        pytest.param({"base64": base64_of(jpeg(1))}, id="object"),
    ],
)
def test_d09_bug02_content_that_is_no_base64_is_not_suitable(client: httpx.Client, content: Any) -> None:
    assert between_images(client, document("bad", content)) == [{"bad": NOT_SUITABLE}]


@pytest.mark.parametrize(
    "source", [{}, {"source": "text"}, {"source": None}, {"source": []}, {"source": 7}, {"source": {}}]
)
def test_d09_bug02_a_document_without_a_source_is_listed(client: httpx.Client, source: Any) -> None:
    (entry,) = between_images(client, {"id": "bad", **source})

    assert list(entry) == ["bad"]


def test_d09_bug02_a_document_without_content_is_not_suitable(client: httpx.Client) -> None:
    assert between_images(client, {"id": "bad", "source": {"file_type": "jpg"}}) == [{"bad": NOT_SUITABLE}]


@pytest.mark.parametrize("bad", [None, "text", 5, 1.5, True, [], [["id", "source"]], {}])
def test_d09_what_is_no_document_is_listed(client: httpx.Client, bad: Any) -> None:
    assert [list(entry) for entry in between_images(client, bad)] == [["None"]]


def test_d09_six_bad_documents_are_listed_in_order(client: httpx.Client) -> None:
    bad = [
        document("a", None),
        document("b", "abcde"),
        document("c", "%%%"),
        document("d", 5),
        {"id": "e"},
        {"id": "f", "source": "text"},
    ]

    assert [list(entry) for entry in between_images(client, *bad)] == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]


@pytest.mark.parametrize(
    ("name", "key"),
    [(7, "7"), (-1, "-1"), ("", ""), ("7", "7"), (None, "None"), (2**70, str(2**70)), ("\u00e9", "\u00e9")],
)
def test_the_key_of_a_listed_document_is_its_id_as_text(client: httpx.Client, name: Any, key: str) -> None:
    assert between_images(client, document(name, jpeg(1), "pdf")) == [{key: WRONG_TYPE}]


@pytest.mark.parametrize("name", [1.5, True, [1], {"a": 1}])
def test_an_id_of_any_type_is_listed_under_some_text(client: httpx.Client, name: Any) -> None:
    assert len(between_images(client, document(name, jpeg(1), "pdf"))) == 1


def test_ids_may_repeat(client: httpx.Client) -> None:
    same = [document("same", jpeg(1)), document("same", None), document("same", jpeg(2)), document("same", None)]

    envelope = success(post(client, *same))

    assert [found["id"] for found in envelope["data"]] == ["same", "same"]
    assert envelope["list_id_not_treated"] == [{"same": NOT_SUITABLE}] * 2


@pytest.mark.parametrize("name", MODES)
def test_d10_bug03_every_colour_mode_and_format_is_tagged(client: httpx.Client, name: str) -> None:
    file_type, picture = MODES[name]

    (content,) = treated(client, document(name, picture, file_type), num_labels=3)

    assert len(content) == 3


def test_d10_bug03_sixteen_bits_of_grey_are_tagged_like_eight(client: httpx.Client) -> None:
    eight, sixteen = encoded(scene(1).convert("L"), "PNG"), encoded(grey16(1), "PNG")

    first, second = treated(client, document("8", eight, "png"), document("16", sixteen, "png"))

    assert first[0]["label"] == second[0]["label"]
    assert first[0]["probability"] == pytest.approx(second[0]["probability"], abs=0.05)


def test_d10_an_opaque_alpha_channel_changes_nothing(client: httpx.Client) -> None:
    opaque = encoded(scene(1).convert("RGBA"), "PNG")

    assert_close(*treated(client, document("rgba", opaque, "png"), document("rgb", png(1), "png")))


def test_d10_an_animation_is_tagged_by_its_first_frame(client: httpx.Client) -> None:
    first, other = scene(1), scene(2)
    still = encoded(first, "GIF")

    assert_close(
        *treated(client, document("moving", animated_gif(first, other, other), "gif"), document("still", still, "gif"))
    )


def test_d10_a_file_of_several_pages_is_tagged_by_its_first(client: httpx.Client) -> None:
    pages = encoded(scene(1), "TIFF", save_all=True, append_images=[scene(2)])

    assert_close(*treated(client, document("pages", pages, "tiff"), document("page", png(1), "png")))


def test_d11_base64_with_line_breaks_gives_the_same_content(client: httpx.Client) -> None:
    broken = [
        base64.encodebytes(jpeg(1)).decode(),
        base64.encodebytes(jpeg(1)).decode().replace("\n", "\r\n"),
        "\t" + " ".join(base64_of(jpeg(1))) + "\u00a0*-_.!",
    ]

    plain, *others = treated(client, *(document(n, content) for n, content in enumerate([jpeg(1), *broken])))

    assert others == [plain] * 3


@pytest.mark.parametrize("file_type", ["jpeg", "jpg", "tiff", "png", "tif", "gif", "bmp"])
def test_d11_the_type_only_gates_and_the_bytes_decide(client: httpx.Client, file_type: str) -> None:
    plain, gated = treated(client, document("plain", jpeg(1), "jpg"), document("gated", jpeg(1), file_type))

    assert gated == plain


@pytest.mark.parametrize("file_type", ["JPG", "Jpeg", "PNG", "TIFF", "gIf", "BMP"])
def test_bug11_a_file_type_is_accepted_in_any_case(client: httpx.Client, file_type: str) -> None:
    data = success(post(client, document("1", jpeg(1), file_type)))["data"]

    assert [found["source"]["file_type"] for found in data] == [file_type]
