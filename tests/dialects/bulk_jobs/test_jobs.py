"""A job's life over the API: pages, cancel, retry, results, and the message at its end."""

import csv
import hashlib
import hmac
import json
import time
from pathlib import Path

from tests.dialects.bulk_jobs.conftest import PICTURES, SECRET
from tests.dialects.bulk_jobs.jobs import Jobs, inbox
from tests.pictures import jpeg
from tests.upstream import ImageHost, answer

MANY = 150  # more than two chunks


def many(folder: Path) -> list[str]:
    """So many pictures in a folder, in order."""
    content = jpeg(32, 32)
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{number:03}.jpg").write_bytes(content)
    return [f"{number:03}.jpg" for number in range(MANY)]


def test_pages_join_without_gap_or_overlap(jobs: Jobs, folder: Path) -> None:
    names = many(folder / "many")
    (folder / "many" / "070.jpg").write_bytes(b"broken")
    begun = jobs.begin(folder=str(folder / "many"))
    assert jobs.ended(begun)["pictures"] == {"total": MANY, "done": MANY - 1, "failed": 1, "cancelled": 0}
    for limit in (1, 7, 64, 149, 150, 1000):
        items = jobs.items(begun, limit=limit)
        assert [item["picture"] for item in items] == names
        assert [item["number"] for item in items] == [*range(MANY)]


def test_results_come_as_lines_and_as_a_table(jobs: Jobs, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"broken")
    begun = jobs.ended(jobs.begin(folder=str(folder), top=2))
    lines = jobs.http.get(f"/v1/jobs/{begun['id']}/results")
    assert lines.headers["content-disposition"] == f'attachment; filename="job-{begun["id"]}.jsonl"'
    parsed = [json.loads(line) for line in lines.text.splitlines()]
    assert [one["picture"] for one in parsed] == ["a.jpg", "b.jpg", "broken.jpg", "trip/c.jpg", "trip/day/d.jpg"]
    assert parsed[2] == {"picture": "broken.jpg", "error": "the file is no picture, or a broken one"}
    table = jobs.http.get(f"/v1/jobs/{begun['id']}/results", params={"format": "csv"})
    rows = [*csv.DictReader(table.text.splitlines())]
    assert len(rows) == 4 * 2 + 1
    assert rows[0]["label"] == parsed[0]["labels"][0]["label"]
    assert float(rows[0]["confidence"]) == parsed[0]["labels"][0]["confidence"]
    assert (rows[4]["picture"], rows[4]["label"], rows[4]["error"]) == ("broken.jpg", "", parsed[2]["error"])


def test_what_failed_can_be_tried_again(jobs: Jobs, folder: Path) -> None:
    (folder / "late.jpg").write_bytes(b"half")
    begun = jobs.ended(jobs.begin(folder=str(folder)))
    assert begun["pictures"]["failed"] == 1
    (folder / "late.jpg").write_bytes(jpeg(seed=9))
    again = jobs.http.post(f"/v1/jobs/{begun['id']}/retry")
    assert again.status_code == 200
    assert jobs.ended(begun)["pictures"] == {"total": 5, "done": 5, "failed": 0, "cancelled": 0}
    assert jobs.items(begun, state="failed") == []


def test_a_job_can_be_cancelled(jobs: Jobs, host: ImageHost) -> None:
    slow = [host.on(f"/slow{number}.jpg", answer(b"", status=503)) for number in range(3)]
    begun = jobs.begin(urls=slow)
    while jobs.look(begun)["state"] != "running":
        time.sleep(0.02)
    cancelled = jobs.http.post(f"/v1/jobs/{begun['id']}/cancel")
    assert cancelled.status_code == 200
    ended = jobs.ended(begun)
    assert ended["state"] == "cancelled"
    assert ended["pictures"]["total"] == ended["pictures"]["cancelled"] + ended["pictures"]["failed"] == 3


def test_the_latest_jobs_are_listed(jobs: Jobs, folder: Path) -> None:
    first, second = jobs.begin(folder=str(folder)), jobs.begin(folder=str(folder / "trip"))
    page = jobs.http.get("/v1/jobs", params={"limit": 2}).json()
    assert {job["id"] for job in page["jobs"]} == {first["id"], second["id"]}
    assert page["total"] >= 2


def test_a_signed_message_tells_of_the_end_and_is_sent_until_it_is_taken(jobs: Jobs, folder: Path) -> None:
    with inbox(refusals=1) as box:
        begun = jobs.begin(folder=str(folder), webhook=box.url)
        assert box.come.wait(20)
    assert len(box.bodies) == 2
    body, headers = box.bodies[1], box.headers[1]
    assert json.loads(body) == {
        "job": {"id": begun["id"], "state": "done", "pictures": 4, "done": 4, "failed": 0, "cancelled": 0}
    }
    stamp = headers["x-image-tagger-timestamp"]
    assert abs(time.time() - int(stamp)) < 60
    wanted = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-image-tagger-signature"] == f"sha256={wanted}"
    assert headers["content-type"] == "application/json"


def test_a_message_is_not_redirected(jobs: Jobs, folder: Path) -> None:
    with inbox() as elsewhere, inbox(redirect=elsewhere.url) as box:
        jobs.begin(folder=str(folder), webhook=box.url)
        assert box.come.wait(20)
        assert not elsewhere.come.wait(0.5)


def test_the_same_pictures_are_not_looked_at_again(jobs: Jobs, folder: Path) -> None:
    first, second = (jobs.ended(jobs.begin(folder=str(folder))) for _ in range(2))
    assert jobs.items(first) == jobs.items(second)
    assert [item["picture"] for item in jobs.items(second)] == list(PICTURES)
