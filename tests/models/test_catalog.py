"""What a name means."""

import pytest

from image_tagger.domain.errors import UnknownModel
from image_tagger.models.catalog import standard_catalog


def test_the_empty_name_is_the_default() -> None:
    catalog = standard_catalog({}, "starter")
    assert catalog.version("") == catalog.default == catalog.version("starter")
    assert [version.name for version in catalog.versions] == ["starter", "starter-fp32"]


def test_an_alias_leads_to_a_model_also_through_another_alias() -> None:
    catalog = standard_catalog({"imagenet": "house-model", "house-model": "starter"}, "imagenet")
    assert catalog.default.name == "starter"
    assert catalog.aliases == (("house-model", "starter"), ("imagenet", "starter"))


@pytest.mark.parametrize("aliases", [{"a": "absent"}, {"a": "b", "b": "a"}, {"a": "a"}])
def test_an_alias_that_leads_nowhere_is_refused_at_the_start(aliases: dict[str, str]) -> None:
    with pytest.raises(UnknownModel):
        standard_catalog(aliases, "starter")


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UnknownModel, match="there is no model 'resnet'; there are: house-model, starter"):
        standard_catalog({"house-model": "starter"}, "starter").version("resnet")


def test_an_alias_cannot_hide_a_model() -> None:
    assert standard_catalog({"starter": "absent"}, "starter").default.name == "starter"
