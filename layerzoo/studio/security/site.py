"""The addresses under which the studio answers."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from layerzoo.errors import UsageError

_OWN: Final = ("127.0.0.1", "localhost", "[::1]")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Site:
    """Hosts, origins and the path that all addresses start with.

    Attributes:
        url: the address to open, without a slash at its end.
        base: its path; empty at the top.
        hosts: allowed values of the header Host.
        origins: allowed values of the header Origin.
        secure: whether browsers reach it by https.
    """

    url: str
    base: str
    hosts: frozenset[str]
    origins: frozenset[str]
    secure: bool

    @classmethod
    def local(cls, host: str, port: int, public_url: str | None = None) -> Site:
        """The site of a server.

        Args:
            host: the address that it listens at.
            port: its port.
            public_url: the address by which a proxy offers it, with the path that the proxy leaves in place.

        Raises:
            UsageError: ``public_url`` is no address.
        """
        shown = f"[{host}]" if ":" in host else host
        names = {shown} if not _is_any(host) else set()
        if _is_any(host) or _is_loopback(host):
            names |= set(_OWN)
        hosts = {f"{name}:{port}" for name in names} | (names if port == _PORTS["http"] else set())
        origins = {f"http://{one}" for one in hosts}
        url, base, secure = f"http://{'127.0.0.1' if _is_any(host) else shown}:{port}", "", False
        if public_url is not None:
            parts = urlsplit(public_url)
            if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
                raise UsageError(
                    f"-public_url {public_url}: expected an address such as https://example.org/studio"
                )
            hosts.add(parts.netloc)
            origins.add(f"{parts.scheme}://{parts.netloc}")
            base, secure = parts.path.rstrip("/"), parts.scheme == "https"
            url = f"{parts.scheme}://{parts.netloc}{base}"
        return cls(url, base, frozenset(hosts), frozenset(origins), secure)


def _is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
