"""Every setting: one frozen value, read once from a TOML file and `IMAGE_TAGGER_*` environment variables."""

import os
import sys
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from image_tagger.domain.errors import InvalidRequest

PREFIX = "IMAGE_TAGGER_"
MEBIBYTE = 1024 * 1024
UNPREFIXED = {  # what deployments of the image & video classification service have in their environment
    "USE_API_KEYS": "use_api_keys",
    "API_KEYS": "api_keys",
    "DEFAULT_MODEL_NAME": "moderation_model",
    "DEFAULT_SCORE": "moderation_score",
    "ACCESS_TOKEN": "hf_token",
    "SERVICE_KEY": "service_key",  # the image classifier service's
}
AUTOMATIC_PROCESSES = 2  # enough to get past one interpreter's lock; more would hold every model as often


class Settings(BaseSettings):
    """The operator's choices. The environment wins over the file, the file over the defaults."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(Path("image-tagger-data"), description="Folder for everything the server keeps.")
    default_model: str = Field("starter", min_length=1, description="Model used where a request names none.")
    model_aliases: dict[str, str] = Field(
        default_factory=dict, description="Other names for models, as JSON: name -> model."
    )
    allow_private_urls: bool = Field(
        default=False, description="Let URLs point at loopback, private and link-local addresses."
    )
    host: str = Field("127.0.0.1", description="Address `serve` listens on.")
    fetch_seconds: float = Field(20.0, gt=0, le=55, description="Longest time one download may take, in all.")
    connect_seconds: float = Field(5.0, gt=0, description="Longest time to connect to a URL's host.")
    max_redirects: int = Field(5, ge=0, le=20, description="Redirects followed per URL.")
    max_media_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest picture in bytes, downloaded or sent.")
    max_pixels: int = Field(100_000_000, gt=0, description="Largest picture in pixels, checked before decoding.")
    max_body_bytes: int = Field(1024 * MEBIBYTE, gt=0, description="Largest request body in bytes.")
    max_bodies_bytes: int = Field(
        2048 * MEBIBYTE, gt=0, description="Bytes of request bodies held at a time; one more is answered with 503."
    )
    exact_decoding: bool = Field(
        default=False, description="Decode large pictures at full size instead of a reduced scale."
    )
    processes: int = Field(
        0,
        ge=0,
        le=256,
        description="Processes of `serve` (0: two where there are two cores) and of `tag FOLDER --output` (0: one per "
        "core); each loads the models.",
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        description="Pictures decoded and recognised at a time, by all processes together.",
    )
    batch_size: int = Field(0, ge=0, le=256, description="Largest batch of one run; 0 measures and chooses.")
    queue_length: int = Field(256, ge=1, description="Pictures that may wait; one more is answered with 503.")
    shutdown_seconds: int = Field(30, ge=0, description="Time that requests in flight get to finish at shutdown.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe line logged.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="Shape of a log line; `auto` is text on a terminal and JSON elsewhere."
    )

    moderation_model: str = Field(
        "Falconsai/nsfw_image_detection",
        min_length=1,
        description="Model that moderates where nothing names another; also read from `DEFAULT_MODEL_NAME`.",
    )

    moderation_policy: Path | None = Field(
        None, description="TOML file of the policy for verdicts where none is sent; without it, the built-in one."
    )

    max_upload_bytes: int = Field(
        1024 * MEBIBYTE, gt=0, description="Largest uploaded file in bytes; `max_body_bytes` bounds all of a request."
    )
    max_spool_bytes: int = Field(
        8192 * MEBIBYTE, gt=0, description="Bytes of uploads on disk at a time; one more is answered with 503."
    )
    use_api_keys: bool = Field(
        default=False,
        description="Requests under `/api/`, `/v0.7/` and `/v1/` need one of the keys; also read from `USE_API_KEYS`.",
    )
    api_keys: SecretStr = Field(
        SecretStr(""), description="Keys for `X-API-Key`, separated by commas; also read from `API_KEYS`."
    )
    moderation_score: float = Field(
        0.7, ge=0, description="Least score of a match where a query names none; also read from `DEFAULT_SCORE`."
    )
    moderation_nested: bool = Field(
        default=False, description="Answer queries that name no model nested by model instead of flat."
    )

    allow_downloads: bool = Field(
        default=True, description="Fetch a model that a request names as owner/name and that is not here yet."
    )
    allowed_models: tuple[str, ...] = Field(
        (), description="The only models that requests may fetch, as JSON: names or patterns like `timm/*`; empty: any."
    )
    hf_token: SecretStr = Field(
        SecretStr(""), description="Token for the Hugging Face hub; also read from `ACCESS_TOKEN` and `HF_TOKEN`."
    )
    max_model_bytes: int = Field(8192 * MEBIBYTE, gt=0, description="Largest model in bytes, fetched or taken over.")
    pull_seconds: float = Field(3600.0, gt=0, description="Longest time to fetch and check one model for a request.")
    pull_wait_seconds: float = Field(
        120.0, gt=0, description="Longest time a request waits for its model to be fetched; then 503."
    )
    pull_retry_seconds: float = Field(
        60.0, ge=0, description="How long a model that could not be fetched is not tried again."
    )

    max_frames: int = Field(1_000_000, ge=1, description="Most frames of a video or an animation.")
    max_video_seconds: float = Field(4 * 3600.0, gt=0, description="Longest playing time of a video, in seconds.")
    max_video_bytes: int = Field(4096 * MEBIBYTE, gt=0, description="Largest video in bytes.")

    preload_models: tuple[str, ...] = Field(
        (), description="Models loaded at start and kept in memory, as JSON; the default model always is."
    )
    model_memory_bytes: int = Field(
        0, ge=0, description="Memory for models in all; the longest unused ones leave. 0: half of the machine's."
    )
    model_idle_seconds: float = Field(
        1800.0, ge=0, description="A model that nobody has asked for so long leaves memory; 0 keeps it."
    )
    model_retry_seconds: float = Field(
        30.0, ge=0, description="How long a model that could not be loaded is not tried again."
    )

    device: Literal["auto", "cpu", "cuda", "tensorrt", "coreml", "openvino"] = Field(
        "auto", description="Where networks run; `auto` is CUDA where it works, and the processor elsewhere."
    )

    open_memory_bytes: int = Field(
        4096 * MEBIBYTE, gt=0, description="Memory that a network may take when it is first opened, and when pulled."
    )
    open_seconds: float = Field(
        120.0, gt=0, description="Longest time to open and try a network for the first time, in a process of its own."
    )

    vocabulary: Path | None = Field(
        None, description="TOML file of the words for labels that `tag` uses where none is named."
    )

    allow_torchscript: bool = Field(
        default=False, description="Run TorchScript networks, which are programs: who made one can do anything here."
    )

    read_api_keys: SecretStr = Field(
        SecretStr(""), description="Further keys, separated by commas, that may only ask for inferences under `/v0.7/`."
    )

    database_url: SecretStr = Field(
        SecretStr(""),
        description="`postgresql://user:password@host/name`; empty: a SQLite file in the data directory.",
    )
    job_places: int = Field(
        8, ge=0, le=1000, description="Items of jobs that each process does at a time; 0: this server does none."
    )
    job_lease_seconds: float = Field(
        30.0, ge=3, description="After so long others take over the items of a worker that says nothing any more."
    )
    job_retention_days: float = Field(7.0, gt=0, description="How long jobs and their results are kept after the end.")

    service_key: SecretStr = Field(
        SecretStr(""),
        description="Key for `/classification-job`, which refuses all without one; also read from `SERVICE_KEY`.",
    )
    files_dir: Path = Field(
        Path("files"), description="Folder of `/classification-job`: it sorts what is in `all`, a folder in it."
    )

    allowed_roots: tuple[str, ...] = Field(
        (), description="Folders, and `s3://bucket/prefix`, that jobs over the API may read, as JSON; empty: none."
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Key that signs the messages at the end of jobs; without one, none can be asked for."
    )
    s3_endpoint: str = Field("", description="URL of S3-compatible storage; empty: as `AWS_*` variables say, or AWS.")
    s3_region: str = Field("", description="Region of the storage; empty: as `AWS_REGION` says.")
    s3_access_key_id: SecretStr = Field(
        SecretStr(""), description="Key for the storage; empty: as `AWS_ACCESS_KEY_ID` or the machine's role says."
    )
    s3_secret_access_key: SecretStr = Field(SecretStr(""), description="Its secret.")

    @property
    def processes_used(self) -> int:
        """How many processes `serve` starts here."""
        if sys.platform == "win32":  # there, sockets cannot be handed on as files are
            return 1
        return self.processes or min(AUTOMATIC_PROCESSES, os.cpu_count() or 1)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, the environment, its names without prefix, and then the file named by IMAGE_TAGGER_CONFIG."""
        del dotenv_settings, file_secret_settings
        file = os.environ.get(f"{PREFIX}CONFIG")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        named = {field: os.environ.get(name, "") for name, field in UNPREFIXED.items()}
        unprefixed = InitSettingsSource(settings_cls, {field: value for field, value in named.items() if value})
        return (init_settings, env_settings, unprefixed, *toml)


def read_settings(**given: Any) -> Settings:
    """The settings of this process; what is `given` by name wins over the environment.

    Raises InvalidRequest, naming each wrong setting, for a value out of range or a file that cannot be read.
    """
    _check_file(os.environ.get(f"{PREFIX}CONFIG", ""))
    try:
        return Settings(**given)
    except ValidationError as error:
        raise InvalidRequest(f"wrong settings: {'; '.join(map(_reason, error.errors()))}") from error
    except SettingsError as error:  # JSON in the environment that does not parse; the cause says where it stops
        what = str(error).partition(" from source")[0]
        raise InvalidRequest(f"wrong settings: {what}: {error.__cause__}") from error


def _check_file(file: str) -> None:
    if not file:
        return
    try:
        tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest(f"{PREFIX}CONFIG names no file that can be read: {file}: {error.strerror}") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise InvalidRequest(f"wrong settings: {file} is no TOML: {error}") from error


def _reason(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"]))
    return f"there is no setting {name!r}" if error["type"] == "extra_forbidden" else f"{name}: {error['msg']}"
