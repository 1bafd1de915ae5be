"""Addresses of a studio."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.security import Site


def test_a_local_site_answers_to_the_names_of_this_machine() -> None:
    site = Site.local("127.0.0.1", 8765)
    assert site.hosts == {"127.0.0.1:8765", "localhost:8765", "[::1]:8765"}
    assert site.origins == {f"http://{host}" for host in site.hosts}
    assert (site.url, site.base, site.secure) == ("http://127.0.0.1:8765", "", False)


def test_port_80_needs_no_number() -> None:
    assert {"localhost", "localhost:80"} <= Site.local("127.0.0.1", 80).hosts


def test_another_address_is_the_only_one() -> None:
    site = Site.local("192.168.1.5", 9000)
    assert site.hosts == {"192.168.1.5:9000"}
    assert Site.local("fe80::1", 9000).hosts == {"[fe80::1]:9000"}


def test_a_proxy_adds_its_address_and_path() -> None:
    site = Site.local("127.0.0.1", 8765, "https://example.org/nets/studio/")
    assert (site.url, site.base, site.secure) == ("https://example.org/nets/studio", "/nets/studio", True)
    assert "example.org" in site.hosts
    assert "https://example.org" in site.origins


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://example.org", "https://", "https://a/b?c", "https://a/#b"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="expected an address such as"):
        Site.local("127.0.0.1", 8765, url)
