"""`app`, so that `uvicorn image_tagger.main:app` works."""

from image_tagger.api.app import create_app
from image_tagger.api.logs import configure_logs
from image_tagger.settings import read_settings

_settings = read_settings()
configure_logs(_settings)
app = create_app(_settings)
