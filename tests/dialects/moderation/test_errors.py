"""N15 to N17, N21 and N23: what is refused, and how."""

from typing import Any

import httpx
import pytest

from image_tagger.api.dialects.moderation.parameters import MOST_MODELS
from image_tagger.settings import Settings
from tests.dialects.moderation.asking import ALL, IMAGE, IMAGES, NO_IMAGE, QUERIES, SEVERAL, VIDEO, ask, part_of, post
from tests.dialects.moderation.models import DEFAULT, FIVE
from tests.dialects.moderation.pictures import COLOURS, film, gif, png
from tests.dialects.pictures import bomb, truncated
from tests.server import open_client, serving

PICTURES = tuple(path for path in ALL if path != VIDEO)
BAD = {
    "text": b"this is no picture",
    "empty": b"",
    "film": film(*COLOURS),
    "bomb": bomb(40_000),
    "cut gif": gif()[:-200],
    **{f"cut {kind}": content for kind, content in truncated().items()},
}


@pytest.mark.parametrize("path", PICTURES)
@pytest.mark.parametrize("name", BAD)
def test_n15_what_is_no_whole_picture_is_400(moderator: httpx.Client, path: str, name: str) -> None:
    asked = {"labels": "found nowhere"} if path in QUERIES else {}
    alone = post(moderator, path, BAD[name], **asked)
    later = post(moderator, path, png(), BAD[name], **asked)
    for answer in (alone, later):
        assert answer.status_code == 400
        body = answer.json()
        assert (body["status_code"], body["detail"], body["headers"]) == (400, NO_IMAGE, None)
        assert body["error"]


@pytest.mark.parametrize("path", SEVERAL)
def test_n15_a_bad_file_in_front_of_good_ones_is_400(moderator: httpx.Client, path: str) -> None:
    assert post(moderator, path, BAD["text"], png(), gif()).status_code == 400


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("parts", [{"other": png()}, {"File": png()}, {"file ": png()}, {}], ids=str)
def test_n16_a_missing_part_is_422(moderator: httpx.Client, path: str, parts: dict[str, bytes]) -> None:
    answer = moderator.post(path, files=parts)
    assert answer.status_code == 422
    missing = {"type": "missing", "loc": ["body", part_of(path)], "msg": "Field required", "input": None}
    assert answer.json() == {"detail": [missing]}


@pytest.mark.parametrize("path", ALL)
def test_n16_the_other_spelling_of_the_part_is_missing_too(moderator: httpx.Client, path: str) -> None:
    other = "file" if path in SEVERAL else "files"
    assert moderator.post(path, files={other: png()}).status_code == 422


@pytest.mark.parametrize("path", QUERIES)
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("score", "abc", "float_parsing"),
        ("score", "", "float_parsing"),
        ("return_on_first_matching_label", "maybe", "bool_parsing"),
        ("fast_mode", "2", "bool_parsing"),
        ("skip_frames_percentage", "x", "int_parsing"),
        ("skip_frames_percentage", "5.5", "int_parsing"),
        ("skip_frames", "x", "int_parsing"),
    ],
)
def test_n16_a_parameter_that_cannot_be_read_is_422(
    moderator: httpx.Client, path: str, name: str, value: str, kind: str
) -> None:
    answer = post(moderator, path, png(), **{name: value})
    assert answer.status_code == 422
    (entry,) = answer.json()["detail"]
    assert (entry["type"], entry["loc"], entry["input"]) == (kind, ["query", name], value)


@pytest.mark.parametrize("path", QUERIES)
def test_n16_everything_that_is_wrong_is_told_at_once(moderator: httpx.Client, path: str) -> None:
    answer = moderator.post(f"{path}?score=abc&fast_mode=maybe", files={"other": b""})
    assert [(entry["type"], entry["loc"]) for entry in answer.json()["detail"]] == [
        ("float_parsing", ["query", "score"]),
        ("bool_parsing", ["query", "fast_mode"]),
        ("missing", ["body", part_of(path)]),
    ]


@pytest.mark.parametrize("path", PICTURES)
@pytest.mark.parametrize(
    "name", ["unheard-of", "../../etc", "/etc/passwd", "a/b/c", "..", "owner/..", "a" * 300, "é/ü"]
)
def test_n17_an_unknown_model_is_404(moderator: httpx.Client, path: str, name: str) -> None:
    parameters = ("model_name", "model_names") if path in QUERIES else ("model_name",)
    for parameter in parameters:
        answer = post(moderator, path, png(), **{parameter: name})
        assert answer.status_code == 404
        assert isinstance(answer.json()["detail"], str)


def test_n17_an_unknown_model_beside_a_known_one_fails_the_request(moderator: httpx.Client) -> None:
    answer = post(moderator, QUERIES[0], png(), model_names=[DEFAULT, "unheard-of"])
    assert answer.status_code == 404


@pytest.mark.parametrize("path", PICTURES)
def test_a_model_that_is_not_here_is_503_with_the_way_to_get_it(bare: httpx.Client, path: str) -> None:
    for asked, name in (({}, DEFAULT), ({"model_name": FIVE}, FIVE)):
        answer = post(bare, path, png(), **asked)
        assert answer.status_code == 503
        assert f"image-tagger models pull {name}" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content", [png(), b"text", gif(), b"", BAD["cut JPEG"]], ids=["photo", "text", "gif", "empty", "cut"]
)
@pytest.mark.parametrize("asked", [{}, {"model_names": DEFAULT}, {"model_name": FIVE, "fast_mode": 1}], ids=str)
def test_n21_what_is_no_video_is_said_with_status_200(
    moderator: httpx.Client, content: bytes, asked: dict[str, Any]
) -> None:
    assert ask(moderator, VIDEO, content, **asked) == {"error": "file is not a video"}


KEYS = [{}, {"X-API-Key": "wrong"}, {"X-API-Key": ""}, {"Authorization": "first"}, {"X-API-Key": "first, second"}]


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("headers", KEYS, ids=str)
@pytest.mark.parametrize("part", ["file", "files", "other"])
def test_n23_without_a_key_it_is_401_before_anything_else(
    locked: httpx.Client, path: str, headers: dict[str, str], part: str
) -> None:
    answer = locked.post(f"{path}?score=abc", files={part: png()}, headers=headers)
    assert answer.status_code == 401
    assert answer.text == '{"detail":"Invalid or missing API Key!"}'


@pytest.mark.parametrize("key", ["first", "second"])
def test_n23_each_key_opens_the_door(locked: httpx.Client, key: str) -> None:
    answer = locked.post(IMAGE, files={"file": png()}, headers={"X-API-Key": key})
    assert answer.status_code == 200


def test_n23_without_the_switch_a_key_is_ignored(moderator: httpx.Client) -> None:
    answer = moderator.post(IMAGE, files={"file": png()}, headers={"X-API-Key": "anything"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", QUERIES)
def test_too_many_models_for_one_request_are_422(moderator: httpx.Client, path: str) -> None:
    content = film(*COLOURS) if path == VIDEO else png()
    assert len(ask(moderator, path, content, model_names=[DEFAULT] * MOST_MODELS)) in {1, MOST_MODELS}
    answer = post(moderator, path, content, model_names=[DEFAULT] * (MOST_MODELS + 1))
    assert answer.status_code == 422
    (violation,) = answer.json()["detail"]
    assert (violation["type"], violation["loc"]) == ("too_long", ["query", "model_names"])
    assert f"at most {MOST_MODELS}" in violation["msg"]


@pytest.mark.parametrize("path", ALL)
def test_a_body_that_is_no_form_lacks_its_part_and_a_broken_form_is_400(moderator: httpx.Client, path: str) -> None:
    assert moderator.post(path, json={"file": "x"}).status_code == 422
    assert moderator.post(path).status_code == 422
    broken = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"", b"--b\r\n", b"nothing of the kind"):
        answer = moderator.post(path, content=body, headers=broken)
        assert answer.status_code == 400
        assert isinstance(answer.json()["detail"], str)


def test_too_much_is_413_or_503(settings: Settings) -> None:
    megabyte = 1_000_000
    small = {"max_body_bytes": 6 * megabyte, "max_upload_bytes": 3 * megabyte, "max_spool_bytes": 4 * megabyte}
    with serving(settings.model_copy(update=small)) as address, open_client(address) as client:
        for files, status in (([7], 413), ([3.5], 413), ([2.9, 2.9], 503), ([2.9], 400), ([0.5], 400)):
            answer = post(client, IMAGES, *(b"x" * int(size * megabyte) for size in files))
            assert (files, answer.status_code) == (files, status)
            assert ("retry-after" in answer.headers) is (status == 503)
            assert isinstance(answer.json()["detail"], str)
