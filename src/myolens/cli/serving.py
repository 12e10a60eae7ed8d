"""`myolens serve`: the web application on this machine."""

from __future__ import annotations

import socket
from pathlib import Path

import typer

from myolens.cli.output import note
from myolens.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(serve)


def serve(
    port: int = typer.Option(8765, min=0, max=65535, help="Port; 0 takes a free one."),
    host: str = typer.Option("127.0.0.1", help="Address to listen on; this machine only unless changed."),
    database: str | None = typer.Option(
        None, help="SQLAlchemy URL; a file in your data folder when left out.", envvar="MYOLENS_DATABASE"
    ),
    folder: Path | None = typer.Option(None, help="Folder for data; your own data folder when left out."),
    allow_host: list[str] = typer.Option(
        [], help="A further name the server answers to, needed when listening beyond this machine."
    ),
) -> None:
    """Start the application and open it at the address printed; Ctrl+C stops it."""
    try:
        import uvicorn

        from myolens.diary.database import data_folder
        from myolens.web import Settings, create_app
        from myolens.web.settings import LOOPBACK_HOSTS
    except ImportError as error:
        if error.name and error.name.startswith("myolens"):
            raise
        raise InputError(
            f"the application needs the package {error.name}", mend="Install: pip install 'myolens[web]'"
        ) from None
    hosts = (*LOOPBACK_HOSTS, *(name.lower() for name in allow_host))
    settings = Settings(database=database, hosts=hosts, folder=folder or data_folder())
    application = create_app(settings)
    listener = _listener(host, port)
    address = listener.getsockname()
    note(f"open http://{'localhost' if host in LOOPBACK_HOSTS else host}:{address[1]} (Ctrl+C stops)")
    config = uvicorn.Config(application, log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    """Listen before anything is promised, so that a taken port is one clear message."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror}", mend="Choose another --port"
        ) from None
    listener.listen(128)
    return listener
