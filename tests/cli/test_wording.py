"""What the engine is asked for where a vocabulary comes afterwards."""

from image_tagger.cli.wording import asked_for, said
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.vocabulary import Vocabulary, Wording
from image_tagger.models.labels import standard_taxonomy

DOGS = Vocabulary(rolled_up=("dog",))
SOME = Selection(top=1, min_score=0.5)


def wording(*, exclusive: bool) -> Wording:
    return Wording(DOGS, standard_taxonomy(), exclusive=exclusive)


def test_without_a_vocabulary_the_engine_selects() -> None:
    assert asked_for(SOME, None) == SOME


def test_to_be_added_every_score_is_needed() -> None:
    assert asked_for(SOME, wording(exclusive=True)) == Selection(None, 0.0)


def test_where_the_highest_counts_low_scores_change_nothing() -> None:
    assert asked_for(SOME, wording(exclusive=False)) == Selection(None, 0.5)


def test_a_sure_answer_is_one_answer() -> None:
    sure = Selection(top=1, sure=True)
    assert asked_for(sure, wording(exclusive=True)) == sure


def test_what_is_said_is_selected_after_merging() -> None:
    seen = (Prediction("tabby", 0.4), Prediction("beagle", 0.3), Prediction("basset", 0.3))
    assert said(seen, SOME, wording(exclusive=True)) == (Prediction("dog", 0.6),)
    assert said(seen, SOME, None) == seen
