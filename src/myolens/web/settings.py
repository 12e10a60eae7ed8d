"""How the application is run; `myolens serve` fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from myolens.diary.database import data_folder

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where data lie, who may ask, and how much may be sent.

    Attributes
    ----------
    database : str or None
        SQLAlchemy URL; None means the SQLite file in the user's data folder.
    folder : Path
        Uploaded recordings are kept in ``folder / "recordings"``.
    hosts : tuple of str
        Names the server answers to, without port; anything else is refused, so that a page
        elsewhere cannot reach the server under a name of its own (DNS rebinding).
    maximum_upload_bytes : int
        Largest recording accepted.
    maximum_form_bytes : int
        Largest other request body.
    secure_cookies : bool
        Set behind HTTPS.
    """

    database: str | None = None
    folder: Path = field(default_factory=data_folder)
    hosts: tuple[str, ...] = LOOPBACK_HOSTS
    maximum_upload_bytes: int = 8 * 1024**3
    maximum_form_bytes: int = 1_000_000
    secure_cookies: bool = False
