"""Hosts are compared in one form, and what cannot be read for certain is not guessed."""

import pytest

from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.hosts import HostPattern, host_of


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("example.org", "https://example.org/", True),
        ("example.org", "http://EXAMPLE.org.:81/a?b#c", True),
        ("Example.ORG", "https://user:pw@example.org/", True),
        ("example.org", "https://www.example.org/", False),
        ("example.org", "https://example.org.evil.test/", False),
        ("example.org", "https://evil.test/?example.org", False),
        ("example.org", "https://evil.test/#@example.org", False),
        ("example.org", "https://example.org@evil.test/", False),
        ("example.org", "https://notexample.org/", False),
        ("*.example.org", "https://a.b.example.org/", True),
        ("*.example.org", "https://example.org/", False),
        ("*.example.org", "https://evilexample.org/", False),
        ("example.org:443", "https://example.org/", True),
        ("example.org:443", "http://example.org/", False),
        ("example.org:8443", "https://example.org:8443/", True),
        ("münchen.example", "https://xn--mnchen-3ya.example/", True),
        ("xn--mnchen-3ya.example", "https://MÜNCHEN.example/", True),
        ("127.0.0.1", "http://127.0.0.1:9000/", True),
        ("[::1]:80", "http://[0:0::1]/", True),
        ("[::1]", "http://[::2]/", False),
        ("localhost", "http://localhost:5173/", True),
    ],
)
def test_a_pattern_matches_hosts_not_addresses(pattern: str, url: str, matches: bool) -> None:
    host = host_of(url)
    assert host is not None
    assert HostPattern.parse(pattern).matches(host) is matches


@pytest.mark.parametrize("url", ["", "about:blank", "file:///etc/passwd", "data:text/html,x"])
def test_other_addresses_have_no_host(url: str) -> None:
    assert host_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///x",
        "https://a.org\\@evil.test/",
        "https://a.org /",
        "https://a.org\t.evil.test/",
        "https://a%2eorg/",
        "https://a.org:99999/",
        "https://a.org:x/",
        "https://[::1/",
        "https://stra\u00dfe.example/",
        "https://a\u200db.example/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://256.0.0.1/",
        "https://a..b/",
        "https://-a.org/",
        "https://" + "a" * 64 + ".org/",
    ],
)
def test_what_browsers_may_read_differently_is_unreadable(url: str) -> None:
    with pytest.raises(UnreadableHost):
        host_of(url)


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "*.", ".", "a b", "http://a.org", "a.org/", "a.org:0", "a.org:70000"),
        *(
            "a.*.org",
            "**.a.org",
            "*.127.0.0.1",
            "*.[::1]",
            "[:::]",
            "stra\u00dfe.example",
            "a..org",
        ),
        *("user@a.org", "a%2e.org", "0x7f.1", "1"),
    ],
)
def test_a_pattern_that_is_not_a_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        HostPattern.parse(text)
