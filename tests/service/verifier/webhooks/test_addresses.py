"""Does a webhook lead to a public host over https, and to nowhere else unless the operator says so?"""

from __future__ import annotations

import pytest

from credence.service.errors import InvalidRequest
from credence.service.verifier.webhooks.addresses import Destination, is_public, read_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.venue.example", Destination("https", "hooks.venue.example", 443, "/")),
        ("https://hooks.venue.example/a/B?c=d%20e", Destination("https", "hooks.venue.example", 443, "/a/B?c=d%20e")),
        ("https://hooks.venue.example:8443?x", Destination("https", "hooks.venue.example", 8443, "/?x")),
        ("https://93.184.215.14/", Destination("https", "93.184.215.14", 443, "/")),
        (
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            Destination("https", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443, "/"),
        ),
        ("https://xn--bcher-kva.example/", Destination("https", "xn--bcher-kva.example", 443, "/")),
    ],
)
def test_a_public_address_is_taken_apart(url: str, expected: Destination) -> None:
    assert read_url(url, ()) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.venue.example/",
        "ftp://hooks.venue.example/",
        "//hooks.venue.example/",
        "https://user@hooks.venue.example/",
        "https://user:secret@hooks.venue.example/",
        "https://hooks.venue.example/#part",
        "https://hooks.venue.example\\@127.0.0.1/",
        "https://hooks.venue.example/a b",
        "https://hooks.venue.example/\r\nx: y",
        "https://hooks.venue.example/\u00e9",
        "https://h\u00f6\u00f6ks.example/",
        "https://HOOKS.venue.example/",
        "https://hooks.venue.example:0/",
        "https://hooks.venue.example:65536/",
        "https://hooks.venue.example:/",
        "https:///x",
        "https://.example/",
        "https://-a.example/",
        "https://a..example/",
        "https://venue.example./",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://hooks.venue.example/" + "a" * 1000,
        "",
    ],
)
def test_an_address_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_url(url, ())
    assert "venue" not in caught.value.reason


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "intranet",
        "db.internal",
        "printer.local",
        "a.localhost",
        "127.0.0.1",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.0.0.0x1",
        "10.0.0.7",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:7]",
        "[64:ff9b::a00:7]",
        "[2002:a00:7::1]",
        "[2001:0:a00:7::f5ff:fff8]",
        "[1:2:3]",
    ],
)
def test_a_host_that_is_not_public_is_refused_unless_it_is_named(host: str) -> None:
    url = f"https://{host}/hook"
    with pytest.raises(InvalidRequest):
        read_url(url, ())
    named = host.strip("[]")
    assert read_url(url, {named}).host == named
    assert read_url(f"http://{host}:81/hook", {named}) == Destination("http", named, 81, "/hook")


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:4700::6810:85e5", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_public_addresses(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize("text", ["", "hooks.venue.example", "fe80::1%eth0", "2001:db8::1", "198.18.0.1", "240.0.0.1"])
def test_what_is_no_public_address(text: str) -> None:
    assert not is_public(text)
