"""Runs on other machines and in object stores: a copy that follows them, for everything here that reads folders."""

from .address import Address, is_address
from .mirror import Look, Mirror, RemoteError
from .open import fetch, local, open_mirror

__all__ = ["Address", "Look", "Mirror", "RemoteError", "fetch", "is_address", "local", "open_mirror"]
