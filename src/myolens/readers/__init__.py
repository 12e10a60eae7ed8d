"""Files to recordings: `read` opens any supported format."""

from __future__ import annotations

from myolens.readers.formats import FORMATS, Format, read

__all__ = ["FORMATS", "Format", "read"]
