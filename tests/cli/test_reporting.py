"""Results of `tag` and `detect` are written whole, in every form."""

import csv
import io
import json

import pytest

from image_tagger.cli import detection_report, report
from image_tagger.cli.formats import Format
from image_tagger.cli.reporting import Report
from image_tagger.domain.errors import InvalidMedia
from image_tagger.domain.geometry import Region, Size
from image_tagger.domain.predictions import FrameResult, Prediction
from image_tagger.domain.queries import Upload

CAT = Prediction("cat\x1b[31m", 0.75, region=Region(0.25, 0.5, 0.5, 1.0))
FRAME = FrameResult(0, (CAT,))
NAME = "a\nb.jpg"


def written(form: Format) -> str:
    to = io.StringIO()
    with Report(form, to, report.rendering()) as results:
        results.add(NAME, FRAME)
        results.add("c.jpg", InvalidMedia("it is no picture"))
    return to.getvalue()


def test_people_read_one_line_a_picture_without_control_characters() -> None:
    assert written(Format.TEXT) == "a\\nb.jpg: cat\\x1b[31m 75.0%\n"


def test_programs_get_every_name_and_every_error() -> None:
    rows = [*csv.reader(io.StringIO(written(Format.CSV)))]
    assert rows[0] == [*report.HEADER]
    assert rows[1:] == [[NAME, "1", CAT.label, "0.750000", ""], ["c.jpg", "", "", "", "it is no picture"]]
    lines = [json.loads(line) for line in written(Format.JSONL).splitlines()]
    assert lines == json.loads(written(Format.JSON))
    assert [line["picture"] for line in lines] == [NAME, "c.jpg"]
    assert lines[1]["error"] == "it is no picture"


@pytest.mark.parametrize("form", [Format.JSON, Format.JSONL])
def test_nothing_is_whole_as_well(form: Format) -> None:
    to = io.StringIO()
    with Report(form, to, report.rendering()):
        pass
    assert to.getvalue() == ("[]\n" if form is Format.JSON else "")


def test_boxes_are_in_pixels_of_the_picture() -> None:
    to = io.StringIO()
    with Report(Format.TEXT, to, detection_report.RENDERING) as results:
        results.add("a.jpg", detection_report.Detected(Upload(b""), Size(200, 100), (FRAME,)))
        results.add("c.jpg", InvalidMedia("it is no picture"))
    assert to.getvalue() == "a.jpg: 1 object\n  cat\\x1b[31m 75.0% at 50,50 - 100,100\n"
