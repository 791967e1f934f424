"""Where the pictures of a job come from: folders, URLs, lists and manifests, here and in object storage."""

import json
import shutil
from pathlib import Path

import pytest

from tests.dialects.bulk_jobs.conftest import PICTURES
from tests.dialects.bulk_jobs.jobs import Jobs
from tests.object_storage import Bucket
from tests.pictures import jpeg
from tests.upstream import ImageHost, answer


def test_a_folder_is_tagged_with_the_folders_below_it(jobs: Jobs, folder: Path) -> None:
    (folder / "notes.txt").write_text("no picture")
    begun = jobs.begin(folder=str(folder), top=2)
    assert begun["source"] == {"kind": "folder", "place": str(folder)}
    ended = jobs.ended(begun)
    assert ended["state"] == "done"
    assert ended["pictures"] == {"total": 4, "done": 4, "failed": 0, "cancelled": 0}
    items = jobs.items(begun)
    assert [item["picture"] for item in items] == list(PICTURES)
    assert [item["number"] for item in items] == [0, 1, 2, 3]
    assert {len(item["labels"]) for item in items} == {2}


def test_without_recursion_only_the_folder_itself_is_tagged(jobs: Jobs, folder: Path) -> None:
    begun = jobs.begin(folder=str(folder), recursive=False)
    assert jobs.ended(begun)["pictures"]["total"] == 2


def test_a_picture_that_is_broken_fails_alone_and_says_why_without_its_path(jobs: Jobs, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"no picture")
    begun = jobs.begin(folder=str(folder))
    assert jobs.ended(begun)["pictures"] == {"total": 5, "done": 4, "failed": 1, "cancelled": 0}
    (failed,) = jobs.items(begun, state="failed")
    assert failed == {
        "number": 2,
        "picture": "broken.jpg",
        "state": "failed",
        "error": "the file is no picture, or a broken one",
    }
    assert [item["state"] for item in jobs.items(begun)] == ["done", "done", "failed", "done", "done"]


def test_a_folder_that_is_gone_ends_the_job_with_the_reason(jobs: Jobs, folder: Path) -> None:
    shutil.rmtree(folder)
    ended = jobs.ended(jobs.begin(folder=str(folder)))
    assert (ended["state"], ended["error"]) == ("failed", "the folder cannot be read: No such file or directory")


def test_urls_are_fetched(jobs: Jobs, host: ImageHost) -> None:
    good, bad = host.on("/bulk.jpg", answer(jpeg(seed=5))), host.on("/bulk.txt", answer(b"no picture"))
    begun = jobs.begin(urls=[good, bad])
    assert jobs.ended(begun)["pictures"] == {"total": 2, "done": 1, "failed": 1, "cancelled": 0}
    assert [(item["picture"], item["state"]) for item in jobs.items(begun)] == [(good, "done"), (bad, "failed")]


def test_a_list_in_the_request_takes_what_a_manifest_takes(jobs: Jobs, folder: Path, bucket: Bucket) -> None:
    entries = [str(folder / "a.jpg"), {"source-ref": f"s3://{bucket.name}/trip/c.jpg"}, {"file": str(folder / "b.jpg")}]
    begun = jobs.begin(pictures=entries)
    assert jobs.ended(begun)["pictures"]["done"] == 3


def test_a_manifest_below_the_root_names_pictures_beside_it(jobs: Jobs, folder: Path) -> None:
    lines = [{"source-ref": "a.jpg"}, {"file": "trip/c.jpg"}, {"source-ref": str(folder / "b.jpg")}]
    (folder / "list.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    begun = jobs.begin(manifest=str(folder / "list.jsonl"))
    assert begun["source"] == {"kind": "manifest", "place": str(folder / "list.jsonl")}
    assert jobs.ended(begun)["pictures"] == {"total": 3, "done": 3, "failed": 0, "cancelled": 0}
    assert [item["picture"] for item in jobs.items(begun)] == ["a.jpg", "trip/c.jpg", str(folder / "b.jpg")]


def test_a_manifest_can_be_the_body_with_options_in_the_query(jobs: Jobs, folder: Path) -> None:
    lines = "".join(json.dumps({"source-ref": str(folder / name)}) + "\n" for name in PICTURES)
    sent = jobs.http.post(
        "/v1/jobs", params={"top": 1}, content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert sent.status_code == 201
    assert jobs.ended(sent.json())["pictures"]["done"] == 4
    assert {len(item["labels"]) for item in jobs.items(sent.json())} == {1}


def test_a_manifest_with_a_wrong_line_is_refused_as_a_whole(jobs: Jobs) -> None:
    sent = jobs.http.post("/v1/jobs", content='"a.jpg"\n{', headers={"Content-Type": "application/jsonl"})
    refused = {"error": {"type": "InvalidRequest", "detail": "line 2 of the manifest is no JSON"}}
    assert (sent.status_code, sent.json()) == (400, refused)


def test_a_manifest_below_the_root_with_a_wrong_line_ends_the_job_with_the_reason(jobs: Jobs, folder: Path) -> None:
    (folder / "list.jsonl").write_text('"a.jpg"\nb.jpg\n')
    ended = jobs.ended(jobs.begin(manifest=str(folder / "list.jsonl")))
    assert ended["error"] == "line 2 of the manifest is no JSON"


def test_a_prefix_of_object_storage_is_a_folder(jobs: Jobs, bucket: Bucket) -> None:
    begun = jobs.begin(folder=f"s3://{bucket.name}/trip")
    assert jobs.ended(begun)["pictures"] == {"total": 3, "done": 2, "failed": 1, "cancelled": 0}
    assert [(item["picture"], item["state"]) for item in jobs.items(begun)] == [
        ("broken.jpg", "failed"),
        ("c.jpg", "done"),
        ("day/d.jpg", "done"),
    ]


def test_a_manifest_in_object_storage_names_objects(jobs: Jobs, bucket: Bucket) -> None:
    lines = ["s3://photos/trip/c.jpg", "s3://photos/trip/none.jpg", "s3://photos/closed/x.jpg"]
    bucket.put({"lists/all.jsonl": "\n".join(json.dumps({"source-ref": line}) for line in lines).encode()})
    begun = jobs.begin(manifest="s3://photos/lists/all.jsonl")
    assert jobs.ended(begun)["pictures"] == {"total": 3, "done": 1, "failed": 2, "cancelled": 0}
    assert [item.get("error") for item in jobs.items(begun)] == [
        None,
        "there is no such object",
        "this is in none of the folders that the setting allowed_roots opens",
    ]


@pytest.mark.parametrize("labels", [[], ["goldfish", "bee"]])
def test_options_choose_among_the_labels(jobs: Jobs, folder: Path, labels: list[str]) -> None:
    begun = jobs.begin(folder=str(folder), labels=labels, min_confidence=0.0, top=3, model="starter")
    jobs.ended(begun)
    found = [label["label"] for item in jobs.items(begun) for label in item["labels"]]
    assert len(found) == 4 * (len(labels) or 3)
    assert not labels or set(found) == set(labels)
