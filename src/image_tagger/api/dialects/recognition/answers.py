"""What is registered and what was found, as the client reads it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from image_tagger.domain.inference import INFERENCE
from image_tagger.domain.jobs import Job, State
from image_tagger.domain.recognition import StoredNetwork, StoredSpec, StoredVersion, labels_as_json

Wire = dict[str, Any]
CANCELLED = "the task was cancelled"


def date(seconds: float) -> str:
    """ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def network(stored: StoredNetwork) -> Wire:
    """A network of the user's."""
    draft = stored.draft
    return {
        "id": stored.id,
        "name": draft.name,
        "description": draft.description,
        "metadata": draft.metadata,
        "framework": draft.framework,
        "preprocessing": draft.preprocessing,
        "postprocessings": list(draft.postprocessings),
        "task_id": None if stored.task_id is None else str(stored.task_id),
        "create_date": date(stored.created),
        "update_date": date(stored.updated),
    }


def spec_in_listing(stored: StoredSpec) -> Wire:
    """A specification of the user's, without its outputs."""
    return {
        "id": stored.id,
        "name": stored.name,
        "description": stored.description,
        "metadata": stored.metadata,
        "update_date": date(stored.updated),
        "current_version_id": stored.current_version_id,
    }


def spec(stored: StoredSpec) -> Wire:
    """A specification of the user's."""
    return {**spec_in_listing(stored), "outputs": [labels_as_json(labels) for labels in stored.outputs]}


def version_in_listing(stored: StoredVersion) -> Wire:
    """A version, without its post-processings."""
    return {
        "id": stored.id,
        "spec_id": stored.spec_id,
        "spec_name": stored.spec_name,
        "network_id": stored.network_id,
        "network_name": stored.network_name,
        "update_date": date(stored.created),
    }


def version(stored: StoredVersion) -> Wire:
    """A version."""
    return {**version_in_listing(stored), "post_processings": list(stored.post_processings)}


def task(job: Job) -> Wire:
    """A job; its id is a text, as it was when the task was made."""
    failed = job.state in {State.FAILED, State.CANCELLED}
    return {
        "id": str(job.id),
        "status": "error" if failed else "success" if job.state is State.DONE else "pending",
        "error": (job.error.message if job.error else CANCELLED) if failed else None,
        "date_created": date(job.created),
        "date_updated": date(job.updated),
        "subtasks": None,
        "data": _data(job.kind, job.result) if job.state is State.DONE and job.result is not None else None,
    }


def _data(kind: str, result: Mapping[str, Any]) -> Wire:
    if kind != INFERENCE:
        return dict(result)
    if "tensors" in result:
        return {"tensors": [_tensor(one) for one in result["tensors"]]}
    return {"outputs": [{"labels": _labels(found)} for found in result["outputs"]]}


def _labels(found: list[Mapping[str, Any]]) -> Wire:
    predicted = [_prediction(one) for one in found if one["score"] >= one["threshold"]]
    return {"predicted": predicted, "discarded": [_prediction(one) for one in found if one["score"] < one["threshold"]]}


def _prediction(one: Mapping[str, Any]) -> Wire:
    """Four keys, and those of regions and films only where there are any: a null would be refused by clients."""
    wire: Wire = {
        "label_id": one["id"],
        "label_name": one["label"],
        "score": float(one["score"]),
        "threshold": float(one["threshold"]),
    }
    if "region" in one:
        wire["roi"] = {"region_id": one["region_id"], "bbox": one["region"]}
    if "frame" in one:
        wire |= {"sequence_index": one["frame"], "sequence_time": float(one["seconds"])}
    return wire


def _tensor(one: Mapping[str, Any]) -> Wire:
    """`shape` is what the client reads since 0.10, `dims` and `dim` are what it read before."""
    return {"name": one["name"], "shape": one["shape"], "dims": one["shape"], "dim": one["shape"], "data": one["data"]}
