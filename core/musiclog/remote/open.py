"""From an address to its mirror: which library speaks to which store."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import ExtraMissing
from .address import Address, is_address
from .mirror import FileSystem, Mirror, RemoteError

SSH = ("sftp", "ssh")
MISSING = "runs on other machines need the extra `remote`: pip install 'musiclog[remote]'"


def open_mirror(address: Address, folder: Path | None = None) -> Mirror:
    """The mirror of an address, in its own folder below the user's cache unless given; nothing is fetched yet.

    Raises ExtraMissing where the library for it is not installed, RemoteError where the place cannot be reached.
    """
    there, root = _sftp(address) if _scheme(address) in SSH else _any(address)
    return Mirror(there, root, folder or address.folder(), address.shown)


def local(text: str) -> Path:
    """A path as it is, an address as the folder with a fresh copy of what is there: for commands that read runs once.

    Raises as open_mirror() does.
    """
    return fetch(Address(text)) if is_address(text) else Path(text)


def fetch(address: Address) -> Path:
    """The folder with a fresh copy of what is there. Raises as open_mirror() does."""
    with closing(open_mirror(address)) as mirror:
        mirror.look()
        return mirror.folder


def _scheme(address: Address) -> str:
    return address.text.partition("://")[0].lower()


def _sftp(address: Address) -> tuple[FileSystem, str]:
    try:
        from .sftp import Sftp  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(MISSING) from error
    parts = urlsplit(address.text)
    if not parts.hostname:
        raise RemoteError(f"{address.shown} names no host: sftp://host/path")
    given = {"username": parts.username, "password": parts.password, "port": parts.port}
    known: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name in ("username", "password"):
        if name in known:
            known[name] = unquote(known[name])
    there: FileSystem = Sftp(parts.hostname, **known)
    return there, unquote(parts.path) or "."


def _any(address: Address) -> tuple[FileSystem, str]:
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(MISSING) from error
    try:
        # Listings are asked for anew at each look, so none is kept.
        there, root = url_to_fs(address.text, use_listings_cache=False, skip_instance_cache=True)
    except ImportError as error:
        raise ExtraMissing(f"{_scheme(address)}:// needs one more package: {error}") from error
    except ValueError as error:
        raise RemoteError(f"{address.shown} cannot be opened: {error}") from error
    return there, str(root)
