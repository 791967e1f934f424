"""Which URLs are understood, which IP addresses names have, and which may be connected to."""

import re
import socket
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urljoin

from yarl import URL

from image_tagger.domain.errors import RefusedMedia, UnreachableMedia

LONGEST = 8192  # characters of a URL: the common limit of servers, and a bound on the work done here
LONGEST_HOST = 253  # characters of a name in DNS

_PARTS = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]+)(?::(?P<port>[0-9]{0,5}))?")
_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?")
# The last label of a host decides, as in browsers: a number there makes the whole an IPv4 address.
_NUMBER_LAST = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))  # all of it stays as written, percent signs included

# The IANA special-purpose registries, spelled out: `is_global` changes its mind between Python releases.
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, cloud metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # multicast tunnelling
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
# Everything outside is loopback, local, multicast, reserved, or a translation of IPv4 (mapped, compatible, NAT64).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NEVER = tuple(map(ip_network, ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8")))

Resolve = Callable[[str], Sequence[str]]


def system_addresses(host: str) -> list[str]:
    """The IP addresses the system's resolver gives for a name. Blocks. Raises OSError for an unknown name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]


def unreachable(reason: str) -> UnreachableMedia:
    """The error of every failed download, with the kind of its reason."""
    return UnreachableMedia(f"the address cannot be reached: {reason}")


def refused(reason: str) -> RefusedMedia:
    """The error of an address that will never be tried."""
    return RefusedMedia(f"the address cannot be reached: {reason}")


def parse_url(address: str) -> URL:
    """The URL to request: scheme, host and port normalised, path and query as written, no fragment.

    Characters beyond ASCII become punycode in the host and percent-encoded UTF-8 elsewhere; a space becomes %20.
    Raises RefusedMedia for everything that is no absolute http or https URL, and for one with a user name.
    """
    parts = _PARTS.match(address)
    if not parts or len(address) > LONGEST or _CONTROLS.search(address):
        raise refused("it is no absolute http or https URL")
    if "@" in parts["authority"]:
        raise refused("user names and passwords are not supported")
    authority = _authority(parts["authority"])
    target = parts["target"]
    path = _encoded(target if target.startswith("/") else f"/{target}")
    # The query travels inside the path, so that it is sent on as written, a bare `?` included.
    return URL.build(scheme=parts["scheme"].lower(), authority=authority, path=path, encoded=True)


def join_url(address: str, location: str) -> str:
    """The address a redirect of `address` to `location` leads to. Raises UnreachableMedia if it makes no sense."""
    try:
        return urljoin(address, location)
    except ValueError as error:
        raise unreachable("it redirects to no URL") from error


def check_ip(address: str, *, allow_private: bool) -> None:
    """Raises RefusedMedia unless a connection to this IP address is allowed.

    Allowed is what is publicly routed; `allow_private` allows all but unspecified, multicast and reserved addresses.
    """
    if not _allowed(ip_address(address), allow_private=allow_private):
        raise refused("its host is not public")


def _allowed(ip: IPv4Address | IPv6Address, *, allow_private: bool) -> bool:
    if allow_private:
        meant = (ip.version == 6 and ip.ipv4_mapped) or ip
        return not any(meant in network for network in _NEVER)
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return not any(ip in network for network in _SPECIAL)


@lru_cache(maxsize=1024)  # the same few hosts again and again; what is refused is not kept
def _authority(written: str) -> str:
    parts = _AUTHORITY.fullmatch(written)
    if not parts:
        raise refused("it names no host")
    host, port = _host(parts["host"]), parts["port"]
    if port and int(port) > 65535:
        raise refused("it names no port")
    return f"{host}:{int(port)}" if port else host


def _host(written: str) -> str:
    host = _ascii(written).lower()
    if host.startswith("["):
        return f"[{_ipv6(host[1:-1])}]"
    if not _NAME.fullmatch(host) or len(host) > LONGEST_HOST:
        raise refused("it names no host")
    return _ipv4(host) if _NUMBER_LAST.fullmatch(host) else host


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    if len(host) > LONGEST_HOST:  # before the work of encoding it
        raise refused("it names no host")
    try:
        return URL.build(scheme="http", host=host).raw_host or ""
    except ValueError as error:
        raise refused("it names no host") from error


def _ipv4(host: str) -> str:
    """Four decimal numbers; resolvers read more spellings (2130706433, 0x7f.1, 0177.0.0.1), each a way around rules."""
    try:
        return str(IPv4Address(host))
    except AddressValueError as error:
        raise refused("it names no host") from error


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host)
    except AddressValueError as error:
        raise refused("it names no host") from error
    if address.scope_id:  # a zone names an interface of this machine
        raise refused("it names no host")
    return address.compressed


def _encoded(target: str) -> str:
    if target.isascii() and " " not in target:
        return target
    try:
        # Header bytes beyond UTF-8 reach us as surrogates; they go back as the bytes they were.
        return quote(target, safe=_PRINTABLE, errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise refused("it has characters that no URL can carry") from error
