FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/image-tagger && /opt/image-tagger/bin/pip install --no-cache-dir '.[video]'

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data tagger
COPY --from=build /opt/image-tagger /opt/image-tagger
ENV PATH=/opt/image-tagger/bin:$PATH \
    PORT=8000 \
    IMAGE_TAGGER_HOST=0.0.0.0 \
    IMAGE_TAGGER_DATA_DIR=/data \
    IMAGE_TAGGER_LOG_FORMAT=json
USER tagger
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/ready', timeout=5)"]
CMD ["image-tagger", "serve"]
