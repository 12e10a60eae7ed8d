"""Where uploaded recordings lie: generated names in the data folder, never the names people gave."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

from myolens.web.settings import Settings

KEY_LENGTH = 32
"""Hexadecimal digits every stored name begins with."""


def recordings_folder(settings: Settings) -> Path:
    """The folder, made when first used, readable by the user only."""
    folder = settings.folder / "recordings"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def remove_files(folder: Path, file: str) -> None:
    """Remove a recording's file, its companions, and everything made of it; nothing where it has none."""
    if len(file) < KEY_LENGTH:
        return
    key = file[:KEY_LENGTH]
    for found in folder.glob(f"{key}*"):
        if found.is_dir():
            rmtree(found)
        else:
            found.unlink(missing_ok=True)
