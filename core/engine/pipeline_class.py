"""The class of a pipeline by its name in diffusers."""

from __future__ import annotations

from typing import Any

import diffusers


def is_modular(name: str) -> bool:
    """True for a pipeline that diffusers has as modular blocks."""
    return name.endswith("ModularPipeline")


def pipeline_class(name: str) -> type[Any]:
    """The class of this name; a modular one gets the interface of the others.

    Raises `AttributeError` for an unknown name.
    """
    kind: Any = getattr(diffusers, name)
    if not is_modular(name):
        return kind  # type: ignore[no-any-return]
    from core.engine.modular import with_interface  # for few models only

    return with_interface(kind)
