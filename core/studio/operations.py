"""The methods of the operations; `make docs` writes their types into operations.pyi."""

from core.studio.calls import OperationCalls


class AsyncOperations(OperationCalls):
    """The methods of `AsyncStudio`: coroutines."""


class Operations(OperationCalls):
    """The methods of `Studio`."""
