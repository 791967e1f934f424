"""Which places requests may name."""

from pathlib import Path

import pytest

from image_tagger.domain.errors import NotAllowed
from image_tagger.media.roots import Roots


def test_without_roots_everything_is_closed(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="the setting allowed_roots names none"):
        Roots().place(str(tmp_path))


def test_a_root_and_what_is_below_it_are_open(tmp_path: Path) -> None:
    (tmp_path / "open" / "deep").mkdir(parents=True)
    roots = Roots((str(tmp_path / "open"),))
    assert roots.place(str(tmp_path / "open")) == str(tmp_path / "open")
    assert roots.place(str(tmp_path / "open" / "deep" / ".." / "deep")) == str(tmp_path / "open" / "deep")


@pytest.mark.parametrize(
    "named",
    ["{root}/../closed", "{root}-not", "{root}/link", "{base}", "/", "", "open", "..", "{root}/a\0b", "s3://b/p"],
)
def test_what_leads_elsewhere_is_refused_whether_it_is_there_or_not(tmp_path: Path, named: str) -> None:
    for folder in ("open", "closed", "open-not"):
        (tmp_path / folder).mkdir()
    (tmp_path / "open" / "link").symlink_to(tmp_path / "closed")
    roots = Roots((str(tmp_path / "open"),))
    with pytest.raises(NotAllowed) as refused:
        roots.place(named.format(root=tmp_path / "open", base=tmp_path))
    assert str(refused.value) == "this is in none of the folders that the setting allowed_roots opens"


def test_a_root_that_is_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert Roots((str(tmp_path / "link"),)).place(str(tmp_path / "link")) == str(tmp_path / "real")


@pytest.mark.parametrize("location", ["s3://bucket/photos", "s3://bucket/photos/", "s3://bucket/photos/2024/a.jpg"])
def test_a_prefix_opens_what_is_below_it(location: str) -> None:
    assert Roots(("s3://bucket/photos/",)).place(location) == location


@pytest.mark.parametrize("location", ["s3://bucket", "s3://bucket/photos2/a.jpg", "s3://other/photos/a.jpg", "s3://"])
def test_a_prefix_opens_nothing_else(location: str) -> None:
    with pytest.raises(NotAllowed):
        Roots(("s3://bucket/photos",)).place(location)
