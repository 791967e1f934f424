"""Plug-ins, one per dialect; each offers `routes(services) -> APIRouter` and `render_error(error) -> Response`."""
