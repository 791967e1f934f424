"""Labels into sidecars and out again: nothing that others wrote is disturbed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidSidecar
from image_tagger.media.xmp.marks import HIERARCHICAL, OWN, SUBJECT, TAGS_LIST, Mark, Provenance, marked, unmarked
from image_tagger.media.xmp.packet import Packet, Property
from tests.media.xmp.packets import BARE, DARKTABLE, DIGIKAM, ONE_LINE, TEXTS, WRITTEN_BY_HAND, sidecars

STARTER = Provenance("starter", "0" * 64, "image-tagger 2.0.0")
DOG = Mark(("animal", "dog"), 0.9)
CAT = Mark(("cat",), 0.5)

marks = st.lists(
    st.builds(
        Mark,
        st.lists(TEXTS | st.sampled_from(["dog", "animal"]), min_size=1, max_size=3).map(tuple),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


def items(content: bytes | None, wanted: Property) -> list[str]:
    assert content is not None
    return [item.text for item in Packet(content).items(wanted)]


def test_a_new_sidecar_holds_labels_in_everybody_s_lists() -> None:
    content = marked(None, (DOG, CAT), STARTER)
    assert items(content, SUBJECT) == ["dog", "cat"]
    assert items(content, HIERARCHICAL) == ["animal|dog", "cat"]
    assert items(content, TAGS_LIST) == ["animal/dog", "cat"]


def test_a_new_sidecar_says_who_says_so() -> None:
    content = marked(None, (DOG,), STARTER)
    assert content is not None
    own = {node.name: node for node in Packet(content).properties(OWN)}
    assert own["Model"].attributes == {
        (OWN, "Name"): "starter",
        (OWN, "Digest"): "0" * 64,
        (OWN, "Software"): "image-tagger 2.0.0",
    }
    (label,) = own["Labels"].children[0].children
    assert label.attributes == {(OWN, "Label"): "dog", (OWN, "Score"): "0.900000"}


def test_a_new_sidecar_leaves_nothing_behind() -> None:
    content = marked(None, (DOG, CAT), STARTER)
    assert content is not None
    assert unmarked(content) is None


@pytest.mark.parametrize("before", WRITTEN_BY_HAND.values(), ids=WRITTEN_BY_HAND)
def test_what_others_wrote_is_restored_to_the_byte(before: bytes) -> None:
    content = marked(before, (DOG, CAT), STARTER)
    assert content is not None
    assert content != before
    assert unmarked(content) == before


@given(sidecars(), marks, marks)
def test_any_sidecar_is_restored_to_the_byte(before: bytes, first: tuple[Mark, ...], second: tuple[Mark, ...]) -> None:
    once = marked(before, first, STARTER)
    twice = marked(once, second, Provenance("other"))
    assert twice is not None
    assert unmarked(twice) == before
    assert marked(twice, (), STARTER) == before


@given(sidecars(), marks)
def test_in_any_sidecar_others_items_come_first_and_stay(before: bytes, given_marks: tuple[Mark, ...]) -> None:
    content = marked(before, given_marks, STARTER)
    for wanted in (SUBJECT, HIERARCHICAL, TAGS_LIST):
        there, now = items(before, wanted), items(content, wanted)
        assert now[: len(there)] == there
        assert len(set(now[len(there) :]) - set(there)) == len(now) - len(there)


@given(sidecars(), marks)
def test_the_same_labels_again_change_nothing(before: bytes, given_marks: tuple[Mark, ...]) -> None:
    once = marked(before, given_marks, STARTER)
    assert marked(once, given_marks, STARTER) == once


def test_a_keyword_that_was_there_stays_its_owner_s() -> None:
    content = marked(DIGIKAM, (DOG,), STARTER)
    assert items(content, SUBJECT) == ["Praha", "dog"]
    assert items(content, TAGS_LIST) == ["Places/Praha", "animal/dog"]
    assert content is not None
    assert items(unmarked(content), SUBJECT) == ["Praha", "dog"]


def test_later_labels_replace_earlier_ones() -> None:
    content = marked(marked(DARKTABLE, (DOG,), STARTER), (CAT,), STARTER)
    assert items(content, SUBJECT) == ["cat"]
    assert items(content, HIERARCHICAL) == ["darktable|exported", "cat"]


def test_without_labels_nothing_is_made() -> None:
    assert marked(None, (), STARTER) is None
    assert marked(BARE, (), STARTER) == BARE


def test_what_others_put_into_our_file_stays() -> None:
    content = marked(None, (DOG,), STARTER)
    assert content is not None
    more = content.replace(b"<rdf:li>dog</rdf:li>", b"<rdf:li>dog</rdf:li><rdf:li>mine</rdf:li>", 1)
    assert items(unmarked(more), SUBJECT) == ["mine"]
    assert items(unmarked(more), TAGS_LIST) == []


def test_what_others_took_out_is_not_missed() -> None:
    content = marked(DIGIKAM, (CAT,), STARTER)
    assert content is not None
    less = content.replace(b"<rdf:li>cat</rdf:li>", b"", 1)
    assert items(unmarked(less), SUBJECT) == ["Praha", "dog"]


def test_a_list_without_an_end_tag_gets_one() -> None:
    empty = ONE_LINE.replace(b"<r:Bag><r:li xml:lang='en'>a &amp; b</r:li></r:Bag>", b"<r:Bag/>")
    content = marked(empty, (DOG,), STARTER)
    assert items(content, SUBJECT) == ["dog"]
    assert content is not None
    assert unmarked(content) == empty.replace(b"<r:Bag/>", b"<r:Bag></r:Bag>")


def test_separators_and_line_breaks_in_names_are_replaced() -> None:
    content = marked(None, (Mark(("a/b|c", "two\nlines \x00"), 1.0),), STARTER)
    assert items(content, SUBJECT) == ["two lines"]
    assert items(content, HIERARCHICAL) == ["a/b-c|two lines"]
    assert items(content, TAGS_LIST) == ["a-b|c/two lines"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no xml",
        DIGIKAM[:-40],
        b"<a/>",
        BARE.replace(b"RDF", b"XYZ"),
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY e "eeee"><!ENTITY f "&e;&e;&e;">]>' + BARE,
        BARE.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="latin-1"?>' + BARE,
        BARE + b"\xff",
        b"<a>" * 5000 + b"</a>" * 5000,
        ONE_LINE.replace(b"r:Bag", b"r:li"),
        b"<!--" + b" " * 17_000_000 + b"-->" + BARE,
    ],
    ids=lambda content: repr(content[:24]),
)
def test_what_cannot_be_changed_safely_is_refused(broken: bytes) -> None:
    with pytest.raises(InvalidSidecar):
        marked(broken, (DOG,), STARTER)


@given(
    st.sampled_from([*WRITTEN_BY_HAND.values()]),
    st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.integers(0, 6),
            st.sampled_from([b"", b"<", b">", b"/>", b'"', b"<!--", b"-->", b"&", b"<![CDATA[", b"<rdf:li>", b"rdf:"]),
        ),
        max_size=3,
    ),
)
def test_a_damaged_sidecar_is_refused_or_restored(before: bytes, damages: list[tuple[int, int, bytes]]) -> None:
    for place, length, instead in damages:
        start = place % len(before)
        before = before[:start] + instead + before[start + length :]
    try:
        content = marked(before, (DOG, CAT), STARTER)
    except InvalidSidecar:
        return
    assert content is not None
    assert unmarked(content) == before
