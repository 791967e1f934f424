"""Only public addresses, only plain spellings, and never another error than the domain's."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_tagger.domain.errors import UnreachableMedia
from image_tagger.media.addresses import LONGEST, check_ip, join_url, parse_url

unhurried = settings(deadline=None, max_examples=60)  # a busy machine is no failure

REFUSED = {
    "unspecified": "0.0.0.0/8",
    "private 10": "10.0.0.0/8",
    "carrier-grade NAT": "100.64.0.0/10",
    "loopback": "127.0.0.0/8",
    "link-local": "169.254.0.0/16",
    "private 172": "172.16.0.0/12",
    "protocol assignments": "192.0.0.0/24",
    "documentation 1": "192.0.2.0/24",
    "6to4 relays": "192.88.99.0/24",
    "private 192": "192.168.0.0/16",
    "benchmarking": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "reserved": "240.0.0.0/4",
    "IPv6 unspecified": "::/128",
    "IPv6 loopback": "::1/128",
    "IPv4-compatible": "::/96",
    "IPv4-mapped": "::ffff:0:0/96",
    "NAT64": "64:ff9b::/96",
    "local NAT64": "64:ff9b:1::/48",
    "discard": "100::/64",
    "Teredo": "2001::/32",
    "IPv6 benchmarking": "2001:2::/48",
    "ORCHID": "2001:20::/28",
    "IPv6 documentation": "2001:db8::/32",
    "6to4": "2002::/16",
    "IPv6 documentation 2": "3fff::/20",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "IPv6 link-local": "fe80::/10",
    "site-local": "fec0::/10",
    "IPv6 multicast": "ff00::/8",
}
NEVER = ("0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "ff02::1")
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1")


@pytest.mark.parametrize("network", REFUSED.values(), ids=REFUSED.keys())
@unhurried
@given(data=st.data())
def test_no_address_of_a_special_network_is_public(network: str, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=network))
    with pytest.raises(UnreachableMedia):
        check_ip(str(address), allow_private=False)


@unhurried
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_hides_in_an_ipv6_one(inner: IPv4Address) -> None:
    number = int(inner)
    hidden = (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x64FF9B0001 << 80 | number)
    tunnelled = (0x2002 << 112 | number << 80, 0x20010000 << 96 | (number ^ 0xFFFFFFFF))
    for address in map(IPv6Address, hidden + tunnelled):
        with pytest.raises(UnreachableMedia):
            check_ip(str(address), allow_private=False)


@unhurried
@given(st.ip_addresses())
def test_what_is_allowed_is_global_in_pythons_opinion_too(address: IPv4Address | IPv6Address) -> None:
    try:
        check_ip(str(address), allow_private=False)
    except UnreachableMedia:
        return
    assert address.is_global
    assert not address.is_multicast


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    check_ip(address, allow_private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.1.1", "::1", "fd00::1", "fe80::1", "8.8.8.8"])
def test_private_networks_can_be_allowed(address: str) -> None:
    check_ip(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_addresses_of_no_single_host_are_always_refused(address: str) -> None:
    mapped = f"::ffff:{address}" if isinstance(ip_address(address), IPv4Address) else address
    for spelling in (address, mapped):
        with pytest.raises(UnreachableMedia):
            check_ip(spelling, allow_private=True)


@pytest.mark.parametrize(
    ("address", "origin", "target"),
    [
        ("http://example.org", "http://example.org", "/"),
        ("HTTP://Example.ORG/A.jpg", "http://example.org", "/A.jpg"),
        ("https://example.org:8443/a?b=%2Fc&d=e%20f", "https://example.org:8443", "/a?b=%2Fc&d=e%20f"),
        ("http://example.org/a?", "http://example.org", "/a?"),
        ("http://example.org?x=1", "http://example.org", "/?x=1"),
        ("http://example.org:/a", "http://example.org", "/a"),
        ("http://example.org./a", "http://example.org", "/a"),
        ("http://a_b-c.example/a/../b//c;d", "http://a_b-c.example", "/a/../b//c;d"),
        ("http://example.org/a#part?x", "http://example.org", "/a"),
        ("http://example.org/caf\u00e9 1.jpg?q=\u732b", "http://example.org", "/caf%C3%A9%201.jpg?q=%E7%8C%AB"),
        ("http://example.org/caf%E9.jpg", "http://example.org", "/caf%E9.jpg"),
        ("http://example.org/100%zz?\"<>[]{}|^`'", "http://example.org", "/100%zz?\"<>[]{}|^`'"),
        ("http://b\u00fccher.example/a", "http://xn--bcher-kva.example", "/a"),
        ("http://\uff11.1.1.1/", "http://1.1.1.1", "/"),
        ("http://[2606:4700:0::1111]:81/a", "http://[2606:4700::1111]:81", "/a"),
        ("http://[2606:4700::ABC]/a", "http://[2606:4700::abc]", "/a"),
    ],
)
def test_a_url_is_taken_as_written(address: str, origin: str, target: str) -> None:
    url = parse_url(address)
    assert f"{url.scheme}://{url.host_port_subcomponent}" == origin
    assert url.raw_path_qs == target


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            " ",
            "photo.jpg",
            "/photo.jpg",
            "//example.org/a",
            "example.org/a",
            "http",
            "http:",
            "http:/a",
            "http://",
        ),
        *("ftp://example.org/a", "file:///etc/passwd", "data:image/png;base64,AAAA", "gopher://example.org", "ws://a/"),
        *(
            "http:///a",
            "http://?a",
            "http://#a",
            "http://:80/",
            "http://./",
            "http://a..b/",
            "http://.a/",
            "http://-@/",
        ),
        *("http://user@example.org/", "http://user:pass@example.org/", "http://example.org@127.0.0.1/", "http://@a/"),
        *("http://2130706433/", "http://0x7f.1/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/"),
        *(
            "http://127.0.0.1./",
            "http://127.0.0.0x1/",
            "http://017700000001/",
            "http://127.0.0.256/",
            "http://1.2.3.4.5/",
        ),
        *("http://a.0x/", "http://127.0.0.1:80:80/", "http://\u2460\u2461\u2466.1/", "http://%31%32%37.0.0.1/"),
        *("http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1", "http://::1/", "http://[127.0.0.1]/"),
        *("http://[::1]a/", "http://a[::1]/", "http://[v1.x]/", "http://[]/", "http://[::g]/"),
        *("http://a:65536/", "http://a:-1/", "http://a:b/", "http://a: 80/", "http://a:\u0661/"),
        *(
            "http://exa mple.org/",
            "http://exam%20ple.org/",
            "http://a\\b/",
            "http://a\\@b/",
            "http://a,b/",
            "http://*/",
        ),
        *("http://e\u200bvil.example/", "http://a\uff0fb/", "http://\ud800/", f"http://{'a' * 64}.example/"),
        *("http://example.org/\ud800", "http://a/\r\nHost: b", "http://a/\x00", "http://a/\x7f", "\thttp://a/"),
        *(f"http://{'a.' * 127}a/", "http://" + "\u00fc." * 200 + "/", "http://example.org/" + "a" * LONGEST),
    ],
)
def test_anything_else_is_refused(address: str) -> None:
    with pytest.raises(UnreachableMedia, match=r"^the address cannot be reached: "):
        parse_url(address)


PIECES = st.sampled_from(
    ["http://", "HTTPS://", "//", "/", "\\", "?", "#", "@", ":", "[", "]", "::1", "127.0.0.1", "%", "%41", "a.example"]
)


@unhurried
@given(st.lists(PIECES | st.text(max_size=4) | st.characters(), max_size=12).map("".join))
def test_the_parser_answers_or_refuses(address: str) -> None:
    for written in (address, f"http://{address}", f"http://a.example/{address}"):
        try:
            url = parse_url(written)
        except UnreachableMedia:
            continue
        on_the_wire = f"{url.host_port_subcomponent}{url.raw_path_qs}"
        assert on_the_wire.isascii()
        assert on_the_wire.isprintable()
        assert " " not in on_the_wire
        assert url.raw_user is url.raw_password is None
        assert url.raw_host
        assert url.raw_fragment == ""


@unhurried
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")))
def test_printable_characters_pass_untouched(target: str) -> None:
    assert parse_url(f"http://a.example/{target}").raw_path_qs == f"/{target}"


@pytest.mark.parametrize(
    ("location", "joined"),
    [
        ("https://b.example/c", "https://b.example/c"),
        ("//b.example/c", "http://b.example/c"),
        ("/c?d", "http://a.example/c?d"),
        ("c", "http://a.example/photos/c"),
        ("../c", "http://a.example/c"),
        ("?page=2", "http://a.example/photos/1.jpg?page=2"),
    ],
)
def test_a_redirect_may_be_relative(location: str, joined: str) -> None:
    assert join_url("http://a.example/photos/1.jpg?x=1", location) == joined


@unhurried
@given(PIECES | st.text())
def test_a_redirect_leads_to_a_web_address_or_is_refused(location: str) -> None:
    try:
        url = parse_url(join_url("http://a.example/photos/1.jpg", location))
    except UnreachableMedia:
        return
    assert url.scheme in {"http", "https"}
