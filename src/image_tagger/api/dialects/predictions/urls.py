"""Whether a text is an absolute http or https URL, and in which words it is refused."""

import re
from urllib.parse import urlsplit

SCHEME = re.compile(r"([a-z][a-z0-9+\-.]*)://", re.IGNORECASE)
EXTRA = re.compile(r"[\s\x00-\x1f\x7f]")
PERMITTED = ("http", "https")


class UrlRefused(ValueError):
    """The text is no URL that may be fetched; `kind` and `context` go into the answer."""

    def __init__(self, message: str, kind: str, **context: object) -> None:
        super().__init__(message)
        self.kind, self.context = f"value_error.url.{kind}", context


def check_url(value: str) -> None:
    """Raise UrlRefused unless `value`, blanks around it aside, is an absolute http or https URL."""
    text = value.strip()
    scheme = SCHEME.match(text)
    if scheme is None:
        raise UrlRefused("invalid or missing URL scheme", "scheme")
    if scheme[1].lower() not in PERMITTED:
        raise UrlRefused("URL scheme not permitted", "scheme", allowed_schemes=list(PERMITTED))
    _check_host(text, EXTRA.search(text))


def _check_host(text: str, extra: re.Match[str] | None) -> None:
    try:
        parts = urlsplit(text[: extra.start()] if extra else text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:  # brackets without an address, a port that is none
        raise UrlRefused("URL host invalid", "host") from error
    if not host:
        raise UrlRefused("URL host invalid", "host")
    if extra:
        rest = text[extra.start() :]
        raise UrlRefused(f"URL invalid, extra characters found after valid URL: {rest!r}", "extra", extra=rest)
