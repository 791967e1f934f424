"""N01 to N06 and N22: the best labels of stills and GIFs, one and several."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.dialects.moderation.asking import ALL, IMAGE, IMAGES, ask, frame_scores, scores
from tests.dialects.moderation.models import DEFAULT, FIVE, SIX, WEIGHTS
from tests.dialects.moderation.pictures import COLOURS, animated, gif, plain, png
from tests.dialects.pictures import encoded, every_mode


def test_n01_the_server_says_that_it_is_up(locked: httpx.Client) -> None:
    answer = locked.get("/")
    assert (answer.status_code, answer.json()["res"]) == (200, "FastAPI is up and running!")


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_n01_other_verbs_are_405(moderator: httpx.Client, path: str, method: str) -> None:
    answer = moderator.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("asked", [{}, {"model_name": ""}, *({"model_name": name} for name in WEIGHTS)], ids=str)
def test_n02_the_best_labels_largest_score_first(moderator: httpx.Client, asked: dict[str, str]) -> None:
    best = ask(moderator, IMAGE, png(), **asked)
    labels = WEIGHTS[asked.get("model_name") or DEFAULT]
    assert {frozenset(entry) for entry in best} == {frozenset({"label", "score"})}
    assert len(best) == min(len(labels), 5)
    assert {entry["label"] for entry in best} <= set(labels)
    found = [entry["score"] for entry in best]
    assert found == sorted(found, reverse=True)
    assert sum(found) == pytest.approx(1) if len(labels) <= 5 else sum(found) < 0.99


def test_n02_unknown_parameters_do_not_count(moderator: httpx.Client) -> None:
    odd = {"model_names": FIVE, "labels": "x", "score": "abc", "top": "1", "fast_mode": "perhaps"}
    assert ask(moderator, IMAGE, png(), **odd) == ask(moderator, IMAGE, png())


@pytest.mark.parametrize("name", ["example", "film.mp4", "../../etc/passwd", "x.gif", "Ünï.png", 'quo"te'])
@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "application/octet-stream", "text/plain; charset=utf-16"])
def test_n03_names_and_types_do_not_count(moderator: httpx.Client, name: str, kind: str) -> None:
    answer = moderator.post(IMAGE, files={"file": (name, png(), kind)})
    assert answer.json() == ask(moderator, IMAGE, png())


def test_n04_a_gif_gives_a_list_for_each_frame(moderator: httpx.Client) -> None:
    frames = ask(moderator, IMAGE, gif())
    assert frames == [ask(moderator, IMAGE, png(colour)) for colour in COLOURS]
    assert len({frame[0]["score"] for frame in frames}) == 6


def test_n04_a_gif_of_one_frame_gives_one_list_in_a_list(moderator: httpx.Client) -> None:
    assert ask(moderator, IMAGE, gif(COLOURS[3])) == [ask(moderator, IMAGE, png(COLOURS[3]))]


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "TIFF"])
def test_n04_another_animation_counts_as_its_first_picture(moderator: httpx.Client, kind: str) -> None:
    assert scores(moderator, animated(kind)) == pytest.approx(scores(moderator, png(COLOURS[0])), abs=0.02)


def test_n05_several_files_are_numbered(moderator: httpx.Client) -> None:
    bmp = encoded(plain(COLOURS[5]), "BMP")
    numbered = ask(moderator, IMAGES, png(), gif(), bmp)
    assert numbered == [
        {"0": ask(moderator, IMAGE, png())},
        {"1": ask(moderator, IMAGE, gif())},
        {"2": ask(moderator, IMAGE, bmp)},
    ]


def test_n05_a_single_file_is_numbered_and_many_keep_their_order(moderator: httpx.Client) -> None:
    assert ask(moderator, IMAGES, png()) == [{"0": ask(moderator, IMAGE, png())}]
    colours = [f"#{red:02x}4020" for red in range(0, 256, 5)]
    numbered = ask(moderator, IMAGES, *map(png, colours))
    assert [list(one) for one in numbered] == [[str(number)] for number in range(len(colours))]
    nsfw = [next(e["score"] for e in one[str(n)] if e["label"] == "nsfw") for n, one in enumerate(numbered)]
    assert nsfw == sorted(nsfw)
    assert len(set(nsfw)) == len(colours)


@pytest.mark.parametrize("mode", every_mode(1))
def test_n06_every_colour_mode_is_taken(moderator: httpx.Client, mode: str) -> None:
    _, content = every_mode(1)[mode]
    assert ask(moderator, IMAGE, content)


def test_n06_stills_are_turned_upright(moderator: httpx.Client) -> None:
    picture = plain("#000000")
    picture.paste("#ffffff", (0, 0, 48, 16))
    turned = picture.getexif()
    turned[0x0112] = 3
    upside_down = encoded(picture, "PNG", exif=turned)
    assert scores(moderator, upside_down) == pytest.approx(scores(moderator, encoded(picture.rotate(180), "PNG")))


def test_n02_at_most_five_labels_also_of_each_frame(moderator: httpx.Client) -> None:
    assert {len(frame) for frame in frame_scores(moderator, gif(), model_name=SIX)} == {5}


def test_n22_ten_requests_five_at_once_each_get_their_own_answer(moderator: httpx.Client) -> None:
    contents = [png(f"#{step:02x}8060") for step in range(0, 250, 50)] + [gif(*COLOURS[n:]) for n in range(5)]
    one_by_one = [ask(moderator, IMAGE, content) for content in contents]
    with ThreadPoolExecutor(5) as five:
        at_once = list(five.map(lambda content: ask(moderator, IMAGE, content), contents))
    assert at_once == one_by_one
    assert len({str(answer) for answer in at_once}) == 10
