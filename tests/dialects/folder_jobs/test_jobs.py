"""J05 to J10, J13, J14, J16: jobs from their beginning to their end."""

import os
from pathlib import Path

import pytest

from image_tagger.settings import Settings
from tests.dialects.folder_jobs.sorting import KEY, NO_MATCH, Service, within
from tests.dialects.pictures import jpeg
from tests.server import open_client, serving

KEYS = ["code", "id", "classes", "complete", "percentage", "number_of_files", "processed", "failed"]


def test_j05_what_matches_nothing_stays(service: Service) -> None:
    content = service.put("1.jpg", "2.jpg", "no suffix")
    job = service.begin(NO_MATCH, "zz1")
    answers = service.polled(job)
    for name in ("percentage", "number_of_files", "processed"):
        values = [answer.get(name, 0) for answer in answers]
        assert values == sorted(values)
    end = {"code": 200, "id": job, "classes": [NO_MATCH, "zz1"], "complete": True, "percentage": 100}
    assert answers[-1] == {**end, "number_of_files": 3, "processed": 3, "failed": 0}
    assert list(answers[-1]) == KEYS
    assert service.content() == within("all", content)
    assert service.get(job).json() == answers[-1]


def test_j06_what_matches_is_moved_whole(service: Service, letters: tuple[str, str]) -> None:
    content = service.put("1.jpg", "2.jpg", "ünï cödé.jpg", ".hidden", os.fsdecode(b"no text \xff"))
    assert service.sorted_by(NO_MATCH, letters[0])["percentage"] == 100
    assert service.content() == within(letters[0], content)
    assert not (service.files / NO_MATCH).exists()


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0)])
def test_j07_the_first_class_in_the_order_of_the_request_wins(
    service: Service, letters: tuple[str, str], order: tuple[int, int]
) -> None:
    content = service.put("1.jpg", "2.jpg")
    first, second = (letters[place] for place in order)
    assert service.sorted_by(first, second)["percentage"] == 100
    assert service.content() == within(first, content)


def test_j08_what_is_no_picture_stays_and_is_counted(service: Service, letters: tuple[str, str]) -> None:
    content = service.put("1.jpg", "2.jpg")
    others = {"text.jpg": b"only text", "notes.txt": b"text as well", "empty.png": b""}
    for name, text in others.items():
        (service.all / name).write_bytes(text)
    end = service.sorted_by(letters[0])
    assert {name: end[name] for name in ("percentage", "number_of_files", "processed", "failed")} == {
        "percentage": 100,
        "number_of_files": 5,
        "processed": 5,
        "failed": 3,
    }
    assert service.content() == within(letters[0], content) | within("all", others)


@pytest.mark.parametrize("folder", ["all", "files"])
def test_j09_an_empty_folder_is_done(service: Service, folder: str) -> None:
    if folder == "files":
        service.all.rmdir()
        service.files.rmdir()
    end = service.sorted_by("cat")
    assert (end["number_of_files"], end["processed"], end["percentage"]) == (0, 0, 100)


def test_j09_a_job_without_classes_is_done(service: Service) -> None:
    content = service.put("1.jpg")
    end = service.sorted_by()
    assert (end["number_of_files"], end["processed"], end["percentage"]) == (1, 1, 100)
    assert service.content() == within("all", content)


def test_j10_folders_and_links_are_left_alone(
    service: Service, letters: tuple[str, str], outside: Path, tmp_path: Path
) -> None:
    (service.all / "below").mkdir()
    (service.all / "below" / "1.jpg").write_bytes(jpeg(1))
    (tmp_path / "elsewhere.jpg").write_bytes(jpeg(1))
    (service.all / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    end = service.sorted_by(letters[0])
    assert (end["number_of_files"], end["processed"]) == (0, 0)
    assert service.content() == {"all/below/1.jpg": jpeg(1)}
    assert (service.all / "link.jpg").is_symlink()
    assert sorted(path.name for path in outside.iterdir()) == ["data", "files"]


def test_j13_every_job_has_an_id_of_its_own(service: Service) -> None:
    service.put("1.jpg")
    jobs = [service.begin(NO_MATCH) for _ in range(40)]
    assert len(set(jobs)) == 40
    assert all(0 < job < 2**53 for job in jobs)
    assert 256 not in jobs
    assert [service.end(job)["id"] for job in jobs] == jobs


def test_j14_two_jobs_share_the_files(service: Service, letters: tuple[str, str]) -> None:
    content = service.put(*(f"{number}.jpg" for number in range(12)))
    jobs = [service.begin(letter) for letter in letters]
    assert [service.end(job)["percentage"] for job in jobs] == [100, 100]
    places = service.content()
    assert sorted(Path(place).name for place in places) == sorted(content)
    assert {Path(place).parent.name for place in places} <= set(letters)
    assert set(places.values()) == set(content.values())


def test_j16_jobs_outlive_the_server(tmp_path: Path) -> None:
    (tmp_path / "files" / "all").mkdir(parents=True)
    (tmp_path / "files" / "all" / "1.jpg").write_bytes(jpeg(1))
    settings = Settings(data_dir=tmp_path / "data", files_dir=tmp_path / "files", service_key=KEY)
    with serving(settings) as address, open_client(address) as client:
        service = Service(client, settings.files_dir)
        before = service.sorted_by(NO_MATCH)
    with serving(settings) as address, open_client(address) as client:
        service = Service(client, settings.files_dir)
        assert service.get(before["id"]).json() == before
        assert service.begin() != before["id"]


def test_a_job_begun_before_a_restart_ends_after_it(tmp_path: Path) -> None:
    (tmp_path / "files" / "all").mkdir(parents=True)
    for number in range(5):
        (tmp_path / "files" / "all" / f"{number}.jpg").write_bytes(jpeg(1))
    settings = Settings(data_dir=tmp_path / "data", files_dir=tmp_path / "files", service_key=KEY)
    idle = settings.model_copy(update={"job_places": 0})
    with serving(idle) as address, open_client(address) as client:
        service = Service(client, settings.files_dir)
        job = service.begin(NO_MATCH)
        assert service.get(job).json().keys() == {"code", "id", "classes", "complete", "percentage"}
    with serving(settings) as address, open_client(address) as client:
        assert Service(client, settings.files_dir).end(job)["processed"] == 5


def test_another_kind_of_match_goes_by_meaning(service: Service, shared_data: Path) -> None:
    coffee = (shared_data / "photos" / "cc_coffee.png").read_bytes()
    (service.all / "coffee.png").write_bytes(coffee)
    assert service.sorted_by("beverage", match="hierarchy")["classes"] == ["beverage"]
    assert service.content() == {"beverage/coffee.png": coffee}
