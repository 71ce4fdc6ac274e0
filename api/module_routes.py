"""The routes of modules and of operations, imported with the first request for their paths.

The start waits for none of them. A request imports the modules of its first part, in milliseconds.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.routing import below
from core.operations.declaration.registry import Registry, may_be_operation

_CHOSEN = "qpyt.route"


class RouteGroup(BaseRoute):
    """Routes that are made with the first request for a path that may be one of theirs."""

    @cached_property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order in which they are tried."""
        raise NotImplementedError

    def has(self, path: str) -> bool:
        """True for each path of the group; imports nothing."""
        raise NotImplementedError

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `BaseRoute`: the first route that matches whole, or else in all but its method."""
        partial: tuple[Match, Scope] = (Match.NONE, {})
        for route in self.routes if self.has(scope["path"]) else ():
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, _CHOSEN: route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**child, _CHOSEN: route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `BaseRoute`."""
        await scope[_CHOSEN].handle(scope, receive, send)


class OperationRoutes(RouteGroup):
    """`POST /api/{operation}` for all operations and their list, or `at_root` their aliases.

    A path without the name that an operation may have reads no declaration.
    """

    def __init__(self, registry: Registry, *, at_root: bool = False) -> None:
        self._registry = registry
        self._at_root = at_root

    @cached_property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order of the registry."""
        from api import operations

        if self._at_root:
            return below(operations.aliases(self._registry), "")
        return below(operations.router(self._registry), "/api")

    def has(self, path: str) -> bool:
        """True where a path may be that of an operation."""
        prefix, _, name = path.rpartition("/")
        if self._at_root:
            return prefix == "" and may_be_operation(name)
        return prefix == "/api" and (name == "operations" or may_be_operation(name))


class ModuleRoutes(RouteGroup):
    """The routes of a module below `/api`; `parts` are the first parts of their paths.

    A router other than `router`, whose paths are not below `/api`, is named after a colon:
    `health:metrics_router`.
    """

    def __init__(self, module: str, *parts: str) -> None:
        self._module, _, router = module.partition(":")
        self._prefix = "" if router else "/api"
        self._router = router or "router"
        self._paths = frozenset(f"{self._prefix}/{part}" for part in parts)
        self._levels = self._prefix.count("/") + 2

    @cached_property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order in which they are tried."""
        router: APIRouter = getattr(import_module(f"api.{self._module}"), self._router)
        return below(router, self._prefix)

    def has(self, path: str) -> bool:
        """True where a path begins as the paths of this module."""
        return "/".join(path.split("/", self._levels)[: self._levels]) in self._paths


class Application(FastAPI):
    """An application whose list of routes holds those of all modules."""

    @property
    def routes(self) -> list[BaseRoute]:
        """Every route; imports all modules."""
        groups = (
            route.routes if isinstance(route, RouteGroup) else [route]
            for route in self.router.routes
        )
        return [route for routes in groups for route in routes]
