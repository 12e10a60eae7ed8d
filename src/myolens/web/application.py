"""The application: routes put together, the database opened, errors made readable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import resources

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from myolens.diary.database import open_database
from myolens.errors import InputError
from myolens.web.jobs import Jobs
from myolens.web.pages import ForbiddenError, page
from myolens.web.recordings_folder import recordings_folder
from myolens.web.routes import ROUTERS
from myolens.web.security import Guard, TooLargeError
from myolens.web.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; `myolens serve` runs it.

    Parameters
    ----------
    settings : Settings, optional
        Defaults suit one person on their own machine.

    Raises
    ------
    InputError
        If the database cannot be used.
    """
    settings = settings or Settings()
    settings.folder.mkdir(parents=True, exist_ok=True)
    engine = open_database(settings.database or f"sqlite:///{settings.folder / 'myolens.sqlite3'}")

    jobs = Jobs(engine, recordings_folder(settings))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        jobs.start()
        yield
        await run_in_threadpool(jobs.stop)
        engine.dispose()

    app = FastAPI(title="Myolens", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.engine = engine
    app.state.jobs = jobs
    for router in ROUTERS:
        app.include_router(router)
    static = str(resources.files("myolens.web").joinpath("static"))
    app.mount("/static", _Unchanging(directory=static), name="static")
    app.add_middleware(Guard, settings=settings)
    for kind, status in ((InputError, 400), (ForbiddenError, 403), (TooLargeError, 413)):
        app.add_exception_handler(kind, _error_page(status))
    app.add_exception_handler(RequestValidationError, _error_page(404))
    app.add_exception_handler(HTTPException, _http_error)  # type: ignore[arg-type]
    return app


class _Unchanging(StaticFiles):
    """Static files whose address changes with their content may be kept for ever."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def _error_page(status: int) -> Callable[[Request, Exception], Awaitable[HTMLResponse]]:
    async def handler(request: Request, error: Exception) -> HTMLResponse:
        message = str(error) if isinstance(error, InputError) else None
        return page(request, "error.html", status=status, code=status, message=message)

    return handler


async def _http_error(request: Request, error: HTTPException) -> HTMLResponse:
    return page(request, "error.html", status=error.status_code, code=error.status_code, message=None)
