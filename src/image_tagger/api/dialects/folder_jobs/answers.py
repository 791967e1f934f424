"""Jobs as this dialect writes them."""

from typing import Any

from image_tagger.domain.jobs import Job

LISTING = 1  # the item that lists the folder is no file


def new_job(job: Job) -> dict[str, Any]:
    """The answer to the request that made it: nothing has happened yet."""
    return {"id": job.id, "classes": job.parameters["classes"], "complete": False, "percentage": 0}


def job(one: Job) -> dict[str, Any]:
    """How far a job is. The counters are there as soon as the folder has been listed."""
    complete = one.state.ended
    answer = {"code": 200, **new_job(one), "complete": complete}
    if one.listing and not complete:
        return answer
    files = max(one.progress.total - LISTING, 0)
    processed = files if complete else max(one.progress.ended - LISTING, 0)
    whole = 100 if complete else 0
    answer["percentage"] = 100 * processed // files if files else whole
    answer |= {"number_of_files": files, "processed": processed, "failed": one.progress.failed if files else 0}
    return answer | ({"error": one.error.message} if one.error else {})
