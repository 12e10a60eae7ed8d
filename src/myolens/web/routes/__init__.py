"""The routes, one module per part of the application."""

from fastapi import APIRouter

from myolens.web.routes import diary, find, home, learn, recordings

ROUTERS: tuple[APIRouter, ...] = (home.router, find.router, diary.router, learn.router, recordings.router)
