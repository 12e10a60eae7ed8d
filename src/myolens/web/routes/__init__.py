"""The routes, one module per part of the application."""

from fastapi import APIRouter

from myolens.web.routes import diary, find, home, learn, mechanism, recordings, worry

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    find.router,
    diary.router,
    learn.router,
    recordings.router,
    mechanism.router,
    worry.router,
)
