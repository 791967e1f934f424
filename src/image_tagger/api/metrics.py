"""Prometheus metrics: requests by route, and the state of the engine at the moment of asking."""

from collections.abc import Iterator
from functools import cache

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from image_tagger.services import Services

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one application."""

    def __init__(self, services: Services) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Engine(services))
        requests = Counter(
            "image_tagger_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        times = Histogram(
            "image_tagger_request_seconds", "Time to answer.", ("route",), buckets=SECONDS, registry=self.registry
        )
        # finding a series by its labels costs more than counting; there are few of them, so all are kept
        self._counter = cache(lambda method, route, status: requests.labels(method, route, str(status)))
        self._histogram = cache(times.labels)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the pattern, never the path, so that clients cannot make up series."""
        self._counter(method, route, status).inc()
        self._histogram(route).observe(seconds)


class _Engine(Collector):
    """Reads the engine's own numbers when it is asked."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        inside = self._services.admission.inside
        yield GaugeMetricFamily("image_tagger_queries_in_progress", "Queries being answered.", inside)
        pictures = CounterMetricFamily("image_tagger_pictures", "Pictures recognised.", labels=("model",))
        for model, count in self._services.predictor.counts.items():
            pictures.add_metric((model,), count)
        yield pictures


def routes(metrics: Metrics) -> APIRouter:
    """`/metrics`."""
    router = APIRouter(tags=["Operations"])

    @router.get("/metrics", summary="Prometheus metrics")
    def exposition() -> Response:
        """All metrics in Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
