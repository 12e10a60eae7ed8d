"""The application: for a worried person with a phone, and for the clinician they will see."""

from myolens.web.application import create_app
from myolens.web.settings import Settings

__all__ = ["Settings", "create_app"]
