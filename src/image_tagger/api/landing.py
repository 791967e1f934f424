"""`GET /`: what two dialects promise there, in one object."""

from importlib.metadata import version

from fastapi import APIRouter

REVISION = 2  # grows with every change of the answers; the original service was 1


def routes() -> APIRouter:
    """`GET /`."""
    router = APIRouter(tags=["Operations"])
    answer: dict[str, str | int] = {
        "res": "FastAPI is up and running!",
        "description": "Recognises what is in pictures. See [/docs](/docs) for every request it answers.",
        "version": version("image-tagger"),
        "revision": REVISION,
        "author": "The Image Tagger developers",
        "github_url": "https://github.com/dkarageo/image_tagger",
    }

    @router.head("/", include_in_schema=False)
    @router.get("/", summary="What this server is")
    async def landing() -> dict[str, str | int]:
        """Name, version and where to read on."""
        return answer

    return router
