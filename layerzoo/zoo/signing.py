"""Sign entries and verify signatures.

A signature is an ed25519 signature of the entry's id, which covers all its files. Keys are files of one line;
the public keys that the user trusts are listed in ``<home>/trusted_keys``, one per line: key, then name.
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
from layerzoo.regular_file import read_bytes, read_text
from layerzoo.zoo.bounded_json import check_text, parse_json
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.manifest import MAX_TEXT, SIGNATURE

TRUSTED: Final = "trusted_keys"
MAX_SIGNATURE_BYTES: Final = 1 << 14

_PUBLIC, _PRIVATE = "layerzoo-public-", "layerzoo-private-"
_CONTEXT: Final = b"layerzoo entry "


def make_key(path: Path) -> str:
    """Create a key pair: private key in ``path``, readable by its owner only, public key beside it.

    Returns:
        the public key, also in ``path.pub``.

    Raises:
        MissingExtraError: cryptography is not installed.
        ZooError: the file already exists, or can't be written.
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
    """Verify an entry and sign it.

    Returns:
        the public key.

    Raises:
        ZooError: the entry is damaged, or ``key`` is not a private key.
    """
    entry.verify()
    try:
        secret = _bytes(read_text(key), _PRIVATE)
        private = _ed25519().Ed25519PrivateKey.from_private_bytes(secret)
    except (OSError, ValueError) as error:
        raise ZooError(f"{key}: not a private key of layerzoo zoo keygen: {error}") from None
    public = _PUBLIC + _text(private.public_key().public_bytes_raw())
    text = json.dumps({"key": public, "signature": _text(private.sign(_CONTEXT + entry.id.encode()))})
    try:
        write_atomic(entry.path / SIGNATURE, f"{text}\n")
    except OSError as error:
        raise ZooError(f"{entry.path} can't be written to: {error.strerror or error}") from None
    return public


def check_signature(entry: Entry, required: bool = False) -> str | None:
    """Verify the signature of an entry.

    Args:
        entry: the entry.
        required: a trusted signature is required.

    Returns:
        name of the signer in ``trusted_keys``; None if the entry is not signed, or by an unknown key.

    Raises:
        ZooError: the signature is invalid, or one is required and missing.
        MissingExtraError: one is required, and cryptography is not installed.
    """
    path = entry.path / SIGNATURE
    if not path.exists():
        if required:
            raise ZooError(f"zoo entry {entry.address} is not signed, but a signature is required")
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
    """Names of the trusted signers by public key."""
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
        data = read_bytes(path, MAX_SIGNATURE_BYTES + 1)
        if len(data) > MAX_SIGNATURE_BYTES:
            raise ValueError(f"larger than {MAX_SIGNATURE_BYTES:,} bytes")
        found = parse_json(data)
        if not isinstance(found, dict):
            raise ValueError("not an object")
        public = check_text(found.get("key"), "key", MAX_TEXT)
        signed = check_text(found.get("signature"), "signature", MAX_TEXT)
        signature = _bytes(signed)
        if data != (json.dumps({"key": public, "signature": signed}) + "\n").encode():
            raise ValueError("not in canonical form")
        keys.Ed25519PublicKey.from_public_bytes(_bytes(public, _PUBLIC)).verify(
            signature, _CONTEXT + entry.id.encode()
        )
    except InvalidSignature:
        raise ZooError(f"zoo entry {entry.address}: the signature is invalid") from None
    except (OSError, ValueError) as error:
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
        raise ValueError(f"starts with '{text[:20]}' instead of '{prefix}'")
    bare = text.removeprefix(prefix)
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if _text(data) != bare:
        raise ValueError("not canonical base64")
    return data
