"""Routes that are looked up answer as if the framework had searched for them."""

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from starlette.routing import compile_path

from image_tagger import plugins
from image_tagger.api import dialect
from image_tagger.api.app import DIALECTS, place
from image_tagger.api.direct import Direct, plain_routes
from image_tagger.domain.errors import Overloaded, TaggerError
from image_tagger.services import wire
from image_tagger.settings import Settings


def words(error: TaggerError) -> Response:
    return Response(f"no: {error}", 503 if isinstance(error, Overloaded) else 500)


ROUTER = dialect.router(words, tag="Test")


@ROUTER.get("/plain")
async def plain(request: Request) -> Response:
    return Response(f"{request.scope['route'].path} {request.query_params['a']}")


@ROUTER.get("/full")
async def full(request: Request) -> Response:
    raise Overloaded(f"{request.url.path} is full")


@ROUTER.get("/broken")
async def broken(request: Request) -> Response:
    raise KeyError(request.url.path)


@ROUTER.get("/with/{name}")
async def with_name(request: Request) -> Response:
    return Response(request.path_params["name"])


@ROUTER.post("/plain")
async def parsed(number: int) -> Response:
    return Response(str(number))


@pytest.mark.parametrize("direct", [True, False])
async def test_both_ways_answer_alike(direct: bool) -> None:
    app = FastAPI()
    app.add_middleware(Direct, routes=plain_routes([ROUTER]) if direct else [])
    app.include_router(ROUTER)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/plain?a=1")).text == "/plain 1"
        assert (await client.post("/plain?number=2")).text == "2"
        assert (await client.put("/plain")).status_code == 405
        assert (await client.get("/with/3")).text == "3"
        full, broken = await client.get("/full"), await client.get("/broken")
        assert (full.status_code, full.text, full.headers["retry-after"]) == (503, "no: /full is full", "1")
        assert (broken.status_code, broken.text) == (500, "no: internal error")


def test_only_routes_that_read_the_request_themselves_are_looked_up() -> None:
    assert [route.path for route in plain_routes([ROUTER])] == ["/plain", "/full", "/broken"]


def test_no_route_is_looked_up_that_another_stands_before() -> None:
    services = wire(Settings())
    dialects = sorted((plugins.load(DIALECTS, name) for name in plugins.names(DIALECTS)), key=place)
    routers = [one.routes(services) for one in dialects]
    looked_up, routes = plain_routes(routers), [route for router in routers for route in router.routes]
    assert "/predictions" in [route.path for route in looked_up]
    for route in looked_up:
        for earlier in routes[: routes.index(route)]:
            if compile_path(earlier.path)[0].match(route.path):
                assert not route.methods & earlier.methods, (route.path, earlier.path)
