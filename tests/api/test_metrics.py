"""Metrics that are read while they change."""

import asyncio
import re

import httpx
from fastapi import FastAPI

from image_tagger.api import metrics
from image_tagger.services import wire
from image_tagger.settings import Settings

MODELS = 5000  # enough that reading them all takes a while


async def test_pictures_that_come_while_the_metrics_are_read_count_once() -> None:
    async with wire(Settings()) as services:
        measured, app = metrics.Metrics(services), FastAPI()
        app.include_router(metrics.routes(measured))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            services.predictor.counts.update({f"model {number}": 1 for number in range(MODELS)})
            reading, more = asyncio.create_task(client.get("/metrics")), 0
            while not reading.done():
                await asyncio.sleep(0.002)  # let it begin
                services.predictor.counts[f"another model {more}"] += 1
                more += 1
                measured.answered("GET", "/predictions", 200, 0.1)
            assert (await reading).status_code == 200
            text = (await client.get("/metrics")).text
    counted = re.findall(r"^image_tagger_pictures_total\{.*\} (.*)$", text, re.MULTILINE)
    assert sum(map(float, counted)) == MODELS + more
