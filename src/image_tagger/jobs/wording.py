"""Labels in the user's words: what the engine must be asked for, and what is then said of its answer."""

from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.domain.vocabulary import Vocabulary, Wording
from image_tagger.models.labels import standard_taxonomy

EXCLUSIVE = "classification"  # the postprocessing of labels of which one at most is true


def wording_of(vocabulary: Vocabulary | None, one: Version) -> Wording | None:
    """A vocabulary at work on the labels of a model."""
    if vocabulary is None:
        return None
    return Wording(vocabulary, standard_taxonomy(), exclusive=one.spec.postprocessing == EXCLUSIVE)


def asked_for(selection: Selection, wording: Wording | None) -> Selection:
    """What the engine is asked for: every label, and where scores are added every score, since all may count."""
    if wording is None or selection.sure:
        return selection
    return Selection(None, 0.0 if wording.adds else selection.min_score)


def said(predictions: tuple[Prediction, ...], selection: Selection, wording: Wording | None) -> tuple[Prediction, ...]:
    """The answer to `asked_for`, in the user's words and as it was selected."""
    if wording is None:
        return predictions
    return tuple(one for one in wording.apply(predictions) if one.score >= selection.min_score)[: selection.top]
