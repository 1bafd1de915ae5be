"""Signatures: who vouches for an entry.

A signature is ed25519's over the entry's id, which covers every byte of it. Keys are files of one line; the
public keys that the user trusts stand in ``<home>/trusted_keys``, a line each: the key, then a name.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from pathlib import Path
from typing import Any, Final

from layerzoo.atomic import write_atomic
from layerzoo.errors import MissingExtraError, ZooError
from layerzoo.home import home
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.manifest import SIGNATURE

TRUSTED: Final = "trusted_keys"

_PUBLIC, _PRIVATE = "layerzoo-public-", "layerzoo-private-"
_CONTEXT: Final = b"layerzoo entry "


def make_key(path: Path) -> str:
    """Make a key pair: the private key in ``path``, readable by its owner alone, the public one beside it.

    Returns:
        the public key, also in ``path.pub``.

    Raises:
        MissingExtraError: cryptography is not installed.
        ZooError: there is a file of that name, or it can't be written.
    """
    keys = _ed25519()
    private = keys.Ed25519PrivateKey.generate()
    public = _PUBLIC + _text(private.public_key().public_bytes_raw())
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(f"{_PRIVATE}{_text(private.private_bytes_raw())}\n")
        write_atomic(path.with_name(f"{path.name}.pub"), f"{public}\n")
    except OSError as error:
        raise ZooError(f"{path} can't be written: {error.strerror or error}") from None
    return public


def sign(entry: Entry, key: Path) -> str:
    """Sign an entry, after a look at every byte of it.

    Returns:
        the public key that vouches for it now.

    Raises:
        ZooError: the entry is damaged, or ``key`` is no private key.
    """
    entry.verify()
    try:
        secret = _bytes(key.read_text("ascii"), _PRIVATE)
        private = _ed25519().Ed25519PrivateKey.from_private_bytes(secret)
    except (OSError, ValueError) as error:
        raise ZooError(f"{key}: no private key of layerzoo zoo keygen: {error}") from None
    public = _PUBLIC + _text(private.public_key().public_bytes_raw())
    text = json.dumps({"key": public, "signature": _text(private.sign(_CONTEXT + entry.id.encode()))})
    try:
        write_atomic(entry.path / SIGNATURE, f"{text}\n")
    except OSError as error:
        raise ZooError(f"{entry.path} can't be written to: {error.strerror or error}") from None
    return public


def check_signature(entry: Entry, required: bool = False) -> str | None:
    """Who vouches for an entry.

    Args:
        entry: the entry.
        required: someone trusted must.

    Returns:
        the name that the trust file gives the signer, or None: nobody signed, or nobody trusted.

    Raises:
        ZooError: the signature is wrong, or one is required and missing.
        MissingExtraError: one is required, and cryptography is not installed.
    """
    path = entry.path / SIGNATURE
    if not path.exists():
        if required:
            raise ZooError(f"zoo entry {entry.address} is not signed, and only signed ones are wanted")
        return None
    try:
        keys = _ed25519()
    except MissingExtraError:
        if required:
            raise
        return None
    public = _check(keys, entry, path)
    signer = trusted().get(public)
    if signer is None and required:
        raise ZooError(
            f"zoo entry {entry.address} is signed by {public}, which is not in {home() / TRUSTED}; "
            "if you trust it, add it there"
        )
    return signer


def trusted() -> dict[str, str]:
    """Names by public key, of those whom the user trusts."""
    try:
        lines = (home() / TRUSTED).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ZooError(f"{home() / TRUSTED}: can't be read: {error}") from None
    pairs = (line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))
    return {pair[0]: pair[-1].strip() for pair in pairs}


def _check(keys: Any, entry: Entry, path: Path) -> str:
    from cryptography.exceptions import InvalidSignature

    try:
        found = json.loads(path.read_bytes())
        public, signature = str(found["key"]), _bytes(found["signature"])
        if (
            path.read_bytes()
            != (json.dumps({"key": public, "signature": found["signature"]}) + "\n").encode()
        ):
            raise ValueError("not as it was written")
        keys.Ed25519PublicKey.from_public_bytes(_bytes(public, _PUBLIC)).verify(
            signature, _CONTEXT + entry.id.encode()
        )
    except InvalidSignature:
        raise ZooError(f"zoo entry {entry.address}: the signature is wrong") from None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ZooError(f"zoo entry {entry.address}: {SIGNATURE} is damaged: {error}") from None
    return public


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise MissingExtraError("a signature", "sign") from None
    return ed25519


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str, prefix: str = "") -> bytes:
    text = text.strip()
    if not text.startswith(prefix):
        raise ValueError(f"it begins with '{text[:20]}', not '{prefix}'")
    bare = text.removeprefix(prefix)
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if _text(data) != bare:
        raise ValueError("its last bits are not zero")
    return data
