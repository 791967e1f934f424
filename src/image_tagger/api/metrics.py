"""Prometheus metrics: requests by route, and the pictures recognised."""

import asyncio
from collections import Counter
from functools import cache
from typing import Any

import prometheus_client
from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from image_tagger.services import Services

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one application, or of this process's part of it.

    With several processes each number is kept in a file of their shared folder, and exposed as the sum of all.
    """

    def __init__(self, services: Services) -> None:
        self._shared = services.shared
        self._registry = CollectorRegistry()
        if self._shared is None:
            ProcessCollector(registry=self._registry)
        self._recognised = services.predictor.counts
        self._noted: Counter[str] = Counter()
        given: dict[str, Any] = {"registry": self._registry}
        requests = prometheus_client.Counter(
            "image_tagger_requests", "Requests answered.", ("method", "route", "status"), **given
        )
        times = Histogram("image_tagger_request_seconds", "Time to answer.", ("route",), buckets=SECONDS, **given)
        self._pictures = prometheus_client.Counter("image_tagger_pictures", "Pictures recognised.", ("model",), **given)
        self._in_progress = Gauge(
            "image_tagger_requests_in_progress", "Requests being answered.", multiprocess_mode="livesum", **given
        )
        # finding a series by its labels costs more than counting; there are few of them, so all are kept
        self._counter = cache(lambda method, route, status: requests.labels(method, route, str(status)))
        self._histogram = cache(times.labels)

    def asked(self) -> None:
        """Note that a request has come."""
        self._in_progress.inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the pattern, never the path, so that clients cannot make up series."""
        self._counter(method, route, status).inc()
        self._histogram(route).observe(seconds)
        self._in_progress.dec()
        self._note_pictures()

    async def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        self._note_pictures()  # here and not in the thread: pictures are counted, and noted, in the event loop
        return await asyncio.to_thread(self._text)

    def _text(self) -> bytes:
        if self._shared is None:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, path=str(self._shared))  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(everyone)

    def _note_pictures(self) -> None:
        """The engine counts for itself; what is new there goes into the metric."""
        for model, count in self._recognised.items():
            if new := count - self._noted[model]:
                self._pictures.labels(model).inc(new)
                self._noted[model] = count


def routes(metrics: Metrics) -> APIRouter:
    """`/metrics`."""
    router = APIRouter(tags=["Operations"])

    @router.head("/metrics", include_in_schema=False)
    @router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
    async def exposition() -> Response:
        """All metrics in Prometheus' text format."""
        return Response(await metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router
