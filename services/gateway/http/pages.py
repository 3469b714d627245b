"""The web application: built files, and its one page for every route of its own."""

from pathlib import Path
from typing import Final

from aiohttp import web

_IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Built files carry a hash of their content in the name."""

_SERVER_PREFIXES: Final = ("/api/", "/rtc", "/twirp/", "/join/", "/assets/", "/calendar/", "/caldav/")


class Pages:
    """Serves the folder that the web build made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_to(self, app: web.Application) -> None:
        """Adds the routes; last, since the page answers whatever nothing else does."""
        app.router.add_get("/assets/{name:[A-Za-z0-9._-]+}", self._asset)
        app.router.add_get("/{path:.*}", self._page)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        path = self._folder / "assets" / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound(text="There is no such file.")
        # FileResponse sends the .br or .gz file beside it when the browser takes that: thin lines are the rule here.
        return web.FileResponse(path, headers={"Cache-Control": _IMMUTABLE})

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith(_SERVER_PREFIXES):
            raise web.HTTPNotFound(text="There is nothing at this address.")
        name = request.path.lstrip("/")
        if name and "/" not in name and "." in name and not name.startswith("."):
            return self._top_level_file(name)
        page = self._folder / "index.html"
        if not page.is_file():
            raise web.HTTPServiceUnavailable(text="The web application is not built; run `make setup`.")
        return web.FileResponse(page, headers={"Cache-Control": "no-cache"})

    def _top_level_file(self, name: str) -> web.StreamResponse:
        path = self._folder / name
        if not path.is_file():
            raise web.HTTPNotFound(text="There is no such file.")
        return web.FileResponse(path, headers={"Cache-Control": "public, max-age=3600"})
