"""What anyone would write: transformers' pipeline, loaded once, behind a FastAPI handler; `... FOLDER PORT`."""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI


def create(folder: str) -> FastAPI:
    """The application. The pipeline downloads, decodes, prepares and runs; FastAPI calls it in a thread."""
    from transformers import AutoImageProcessor, pipeline  # noqa: PLC0415 - an extra

    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    classify = pipeline("image-classification", model=folder, image_processor=processor, device="cpu")
    app = FastAPI()

    @app.get("/predictions")
    def predictions(url: str) -> dict[str, Any]:
        return {"predictions": classify(url, top_k=1)}

    @app.get("/health/ready")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


if __name__ == "__main__":
    uvicorn.run(create(sys.argv[1]), port=int(sys.argv[2]), log_level="warning")
