"""The routes, one module per part of the application."""

from fastapi import APIRouter

from myolens.web.routes import diary, home, learn

ROUTERS: tuple[APIRouter, ...] = (home.router, diary.router, learn.router)
