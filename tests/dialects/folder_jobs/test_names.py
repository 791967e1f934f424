"""J11, J12 and names that are taken: nothing is lost, nothing is replaced, nothing leaves the folder."""

from pathlib import Path

import pytest

from tests.dialects.folder_jobs.sorting import Service, within
from tests.dialects.pictures import jpeg


@pytest.mark.parametrize("one", ["all", "ALL", "", " ", "\t", ".", "..", "..."])
def test_j11_classes_that_can_be_no_folder_are_refused(service: Service, one: str) -> None:
    content = service.put("1.jpg")
    answer = service.post({"classes": ["cat", one]})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert service.content() == within("all", content)


@pytest.mark.parametrize("one", ["al", "a", "l", "al "])
def test_j11_classes_that_are_nearly_the_input_lose_nothing(service: Service, one: str) -> None:
    content = service.put("1.jpg")
    assert service.sorted_by(one)["percentage"] == 100
    assert service.content() in (within("all", content), within(one, content))


@pytest.mark.parametrize(
    "one",
    ["../out", "a/b", "/srv/out", "/", "a/../b", "\0", "a\0", "a\\b", "C:", "a\nb", "x" * 256, "é" * 200],
    ids=lambda one: repr(one)[:12],
)
def test_j12_classes_with_parts_of_paths_are_refused(service: Service, outside: Path, one: str) -> None:
    content = service.put("1.jpg")
    answer = service.post({"classes": [one]})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert service.content() == within("all", content)
    assert sorted(path.name for path in outside.iterdir()) == ["data", "files"]


def test_a_folder_that_leads_out_is_not_used(service: Service, letters: tuple[str, str], tmp_path: Path) -> None:
    content = service.put("1.jpg")
    (service.files / letters[0]).symlink_to(tmp_path)
    end = service.sorted_by(letters[0])
    assert (end["percentage"], end["failed"]) == (100, 1)
    assert service.content() == within("all", content)
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be_stays(service: Service, letters: tuple[str, str]) -> None:
    content = service.put("1.jpg")
    (service.files / letters[0]).write_bytes(b"mine")
    assert service.sorted_by(letters[0])["failed"] == 1
    assert service.content() == within("all", content) | {letters[0]: b"mine"}


def test_a_file_that_is_there_is_not_replaced(service: Service, letters: tuple[str, str]) -> None:
    folder = service.files / letters[0]
    folder.mkdir()
    (folder / "1.jpg").write_bytes(b"another picture")
    service.put("1.jpg")
    assert service.sorted_by(letters[0])["failed"] == 0
    expected = {"1.jpg": b"another picture", "1 (2).jpg": jpeg(1)}
    assert service.content() == within(letters[0], expected)


def test_an_input_folder_that_is_a_link_is_the_operators_choice(
    service: Service, letters: tuple[str, str], tmp_path: Path
) -> None:
    service.all.rmdir()
    service.all.symlink_to(tmp_path)
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    assert service.sorted_by(letters[0])["failed"] == 0
    assert service.content() == {f"{letters[0]}/1.jpg": jpeg(1)}
