"""Runs as the command line names them: a path, or an address such as sftp://host/runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import MusiclogError
from ..remote import local


def runs_at(text: str) -> Path:
    """The path, or the folder with a fresh copy of what lies at the address."""
    try:
        return local(text)
    except MusiclogError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
