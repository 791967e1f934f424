"""Labels in output order and the way scores are made, from config.json."""

from typing import Any

import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import keras
from image_tagger.models.huggingface.labelling import imagenet_labels, read_spec

VIT = {"architectures": ["ViTForImageClassification"]}
TIMM: dict[str, Any] = {"architecture": "resnet18", "pretrained_cfg": {}}


def labels(config: dict[str, Any]) -> tuple[str, ...]:
    return read_spec(config).labels.names


def test_labels_come_in_the_order_of_their_numbers_not_of_the_file() -> None:
    assert labels({**VIT, "id2label": {"10": "k", "2": "c", "0": "a", "1": "b"}})[:3] == ("a", "b", "c")


def test_what_has_no_name_is_called_as_transformers_calls_it() -> None:
    assert labels({**VIT, "id2label": {"0": "a", "2": "  "}}) == ("a", "LABEL_1", "LABEL_2")
    assert labels({**VIT, "num_labels": 3}) == ("LABEL_0", "LABEL_1", "LABEL_2")
    assert labels(VIT) == ("LABEL_0", "LABEL_1")


def test_a_name_is_one_line_and_may_stand_twice() -> None:
    assert labels({**VIT, "id2label": {"0": "a\nb\u2028c", "1": "crane", "2": "crane"}}) == ("a b c", "crane", "crane")


@pytest.mark.parametrize(
    ("more", "postprocessing"),
    [
        ({}, "classification"),
        ({"problem_type": None}, "classification"),
        ({"problem_type": "single_label_classification"}, "classification"),
        ({"problem_type": "multi_label_classification"}, "tagging"),
        ({"id2label": {"0": "only"}}, "tagging"),
    ],
)
def test_scores_are_made_as_in_transformers_pipeline(more: dict[str, Any], postprocessing: str) -> None:
    assert read_spec({**VIT, "id2label": {"0": "a", "1": "b"}, **more}).postprocessing == postprocessing


def test_timm_models_of_imagenet_have_its_names() -> None:
    names = labels({**TIMM, "num_classes": 1000})
    assert len(names) == 1000
    assert [keras(name) for name in names[205:208]] == [
        "flat-coated_retriever",
        "curly-coated_retriever",
        "golden_retriever",
    ]
    assert [n for n, name in enumerate(names) if keras(name) == "crane"] == [134, 517]


def test_there_are_a_thousand_names_in_the_order_of_wordnet() -> None:
    found = imagenet_labels()
    assert len(found) == 1000
    assert list(found) == sorted(found)
    assert found["n02123045"] == "tabby, tabby cat"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"label_names": ["n02123045", "n01440764"]}, ("tabby, tabby cat", "tench, Tinca tinca")),
        ({"label_names": ["a", "b"], "num_classes": 2}, ("a", "b")),
        ({"num_classes": 2}, ("LABEL_0", "LABEL_1")),
        ({"pretrained_cfg": {"num_classes": 1}}, ("LABEL_0",)),
    ],
)
def test_timm_models_may_name_their_labels(more: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert labels({**TIMM, **more}) == expected


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "no image classifier but BertForMaskedLM"),
        ({}, "no image classifier"),
        ({**VIT, "problem_type": "regression"}, "a regression"),
        ({**VIT, "id2label": {"a": "b"}}, "config.json cannot be read"),
        ({**VIT, "id2label": ["a"]}, "config.json cannot be read"),
        ({**VIT, "id2label": {"999999999": "b"}}, "1 to 100000 are accepted"),
        ({**VIT, "num_labels": float("inf")}, "config.json cannot be read"),
        ({**VIT, "num_labels": float("nan")}, "config.json cannot be read"),
        ({**TIMM, "num_classes": float("inf")}, "config.json cannot be read"),
        ({**TIMM, "num_classes": 3, "label_names": ["a"]}, "3 outputs and no list of as many labels"),
        ({**TIMM, "num_classes": 10**9}, "1 to 100000 are accepted"),
        ({**TIMM, "num_classes": 2, "label_names": "ab"}, "no list of as many labels"),
        (TIMM, "it has 0 labels"),
    ],
)
def test_what_is_no_classifier_is_refused(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        read_spec(config)
