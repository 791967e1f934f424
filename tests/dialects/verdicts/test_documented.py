"""What the API pages promise is what is answered."""

from typing import Any

import httpx

from image_tagger.api.dialects.verdicts.description import EXAMPLE, POLICY, Answer
from image_tagger.domain.policy import read_policy
from tests.dialects.films import animation
from tests.dialects.verdicts.judging import ALLOWED, SUSPECT, policy, telling_label, verdict


def keys(value: Any) -> Any:
    """The shape of an answer: its keys, in order; of lists the first element's."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_the_example_has_the_shape_of_an_answer(client: httpx.Client) -> None:
    bad = animation(*[ALLOWED] * 3, *[SUSPECT] * 3)
    found = verdict(client, bad, policy(*telling_label(client)), every="1f")

    assert keys(found) == keys(EXAMPLE)
    assert list(found) == list(EXAMPLE)
    assert Answer.model_validate(found).model_dump(mode="json") == found
    assert Answer.model_validate(EXAMPLE).model_dump(mode="json") == EXAMPLE


def test_the_example_policy_is_one() -> None:
    assert read_policy(POLICY).rules[0].label == "nsfw"


def test_the_pages_name_parts_parameters_and_statuses(client: httpx.Client) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/api/moderation"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]

    assert set(form["properties"]) == {"file", "policy"}
    assert [parameter["name"] for parameter in operation["parameters"]] == ["model", "every", "frames"]
    assert {"200", "400", "404", "413", "422", "503"} <= set(operation["responses"])
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == EXAMPLE
