"""Models that are named by the path of their folder, which on a command line is the user's own to name."""

from image_tagger.models.catalog import PATHS
from image_tagger.settings import Settings


def with_model(settings: Settings, model: str) -> tuple[Settings, str]:
    """The settings in which a model is known, and its name there: a path becomes the default model, the empty name.

    A path begins with `.`, `~` or `/`, which no name does.
    """
    if not model.startswith(PATHS):
        return settings, model
    return settings.model_copy(update={"default_model": model}), ""
