"""Writes `docs/settings.md` from the settings themselves: `python -m docs.settings_table`."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from image_tagger.settings import PREFIX, Settings

PAGE = Path(__file__).with_name("settings.md")
INTRODUCTION = """# Settings

Every setting is an environment variable, or a line of the TOML file that `IMAGE_TAGGER_CONFIG` names, there in lower
case and without the prefix. The environment wins over the file. An unknown name in the file, or a value that does not
fit, stops the program with a message that names it.

```toml
# image-tagger.toml, used by IMAGE_TAGGER_CONFIG=image-tagger.toml
max_media_bytes = 20_000_000

[model_aliases]
imagenet = "starter"
```

`serve --host --model --allow-private-urls` win over both. The port is `serve --port` (several are fine), else the
environment's `PORT`, else 8000.

| variable | default | what it is |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(_rows())


def _rows() -> list[str]:
    rows = []
    for name, field in Settings.model_fields.items():
        shown = _shown(field.default) if name != "threads" else "number of cores"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |\n")
    return rows


def _shown(default: object) -> str:
    if default is PydanticUndefined:
        return "`{}`"
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
