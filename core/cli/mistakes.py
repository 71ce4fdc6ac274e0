"""Errors on a terminal: sentences, no traceback."""

from __future__ import annotations

import os
import sys

from typer.exceptions import TyperException

from core.errors import StudioError


def print_error(error: StudioError) -> None:
    """Print an error on stderr: the faults by field, or the detail; then the fix."""
    lines = [f"{fault.field}: {fault.detail}" for fault in error.errors]
    if not lines:
        lines = [f"{error.field}: {error.detail}" if error.field else error.detail]
    if error.fix and not lines[-1].endswith(error.fix):  # one fault may name its fix itself
        lines.append(error.fix)
    print("\n".join(lines), file=sys.stderr)


def print_usage_error(error: TyperException) -> None:
    """Print a wrong use of a command on stderr, as one sentence.

    The message is empty where the help of a group of commands has been printed instead.
    """
    if message := error.format_message().rstrip("."):
        context = getattr(error, "ctx", None)
        place = f" (see `{context.command_path} --help`)" if context else ""
        print(f"{message}{place}.", file=sys.stderr)


def describe_os_error(error: OSError) -> str:
    """An error of the system as a sentence, with the file that it concerns."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def close_output() -> None:
    """Discard further output: its reader, such as `head`, has ended."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
