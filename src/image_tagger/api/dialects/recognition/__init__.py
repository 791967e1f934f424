"""Recognition v0.7: networks, specifications and versions of one's own, and inferences that are polled as tasks."""

from fastapi import APIRouter

from image_tagger.api import auth, dialect
from image_tagger.api.dialects.recognition.access import Access
from image_tagger.api.dialects.recognition.accounts import Accounts
from image_tagger.api.dialects.recognition.bodies import Reader
from image_tagger.api.dialects.recognition.description import DESCRIBED
from image_tagger.api.dialects.recognition.failures import render_error
from image_tagger.api.dialects.recognition.inferences import Inferences
from image_tagger.api.dialects.recognition.networks import Networks
from image_tagger.api.dialects.recognition.public import PublicModels
from image_tagger.api.dialects.recognition.public_resources import PublicResources
from image_tagger.api.dialects.recognition.routing import Methods, add_path, add_rest
from image_tagger.api.dialects.recognition.specs import Specs
from image_tagger.api.dialects.recognition.tasks import Tasks
from image_tagger.api.dialects.recognition.versions import Versions
from image_tagger.services import Services

PLACE = 4  # among the dialects
FOR_READERS = ("/accounts", "/tasks")  # and every inference


def routes(services: Services) -> APIRouter:
    """The routes of this dialect; every path is answered with and without a slash at its end."""
    router = dialect.router(render_error, tag="Recognition v0.7")
    access = Access(services.settings)
    documented = auth.documented(services.settings)
    for path, methods in _paths(services, access):
        for_readers = path.endswith("/inference") or path.startswith(FOR_READERS)
        guarded: Methods = {m: access.guarded(endpoint, for_readers=for_readers) for m, endpoint in methods.items()}
        add_path(router, path, guarded, DESCRIBED, documented)
    add_rest(router)
    return router


def _paths(services: Services, access: Access) -> list[tuple[str, Methods]]:
    """What comes first wins, so names that contain slashes come after longer paths."""
    reader = Reader(services)
    models = PublicModels(services.catalog, services.resolver)
    networks, specs, versions = Networks(services, reader), Specs(services, reader), Versions(services, reader)
    inferences, public = Inferences(services, reader, models), PublicResources(models)
    accounts, tasks = Accounts(access), Tasks(services)
    network: Methods = {
        "GET": networks.retrieve,
        "PATCH": networks.change,
        "PUT": networks.change,
        "DELETE": networks.remove,
    }
    spec: Methods = {"GET": specs.retrieve, "PATCH": specs.change, "PUT": specs.change, "DELETE": specs.remove}
    return [
        ("/accounts/{id}", {"GET": accounts.retrieve}),
        ("/tasks", {"GET": tasks.index}),
        ("/tasks/{id}", {"GET": tasks.retrieve}),
        ("/networks", {"GET": networks.index, "POST": networks.create}),
        ("/networks/public", {"GET": public.networks}),
        ("/networks/public/{name:path}/inference", {"POST": inferences.of_public_network}),
        ("/networks/public/{name:path}", {"GET": public.network}),
        ("/networks/{id}", network),
        ("/networks/{id}/inference", {"POST": inferences.of_network}),
        ("/recognition/public", {"GET": public.specs}),
        ("/recognition/public/{name:path}/inference", {"POST": inferences.of_public_spec}),
        ("/recognition/public/{name:path}", {"GET": public.spec}),
        ("/recognition/specs", {"GET": specs.index, "POST": specs.create}),
        ("/recognition/specs/{id}", spec),
        ("/recognition/specs/{id}/versions", {"GET": specs.versions}),
        ("/recognition/specs/{id}/inference", {"POST": inferences.of_spec}),
        ("/recognition/versions", {"GET": versions.index, "POST": versions.create}),
        ("/recognition/versions/{id}", {"GET": versions.retrieve, "DELETE": versions.remove}),
        ("/recognition/versions/{id}/inference", {"POST": inferences.of_version}),
    ]
