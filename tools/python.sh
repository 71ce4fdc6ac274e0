#!/bin/sh
# Finds a Python that is new enough and runs the arguments with it.
# PYTHON names one to use instead of looking: PYTHON=/opt/python/bin/python3 make setup
set -u

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if new_enough "$PYTHON"; then exec "$PYTHON" "$@"; fi
    echo "PYTHON=$PYTHON does not start, or is older than Python 3.11, which Qpyt Studio needs." >&2
    exit 1
fi

for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
    if new_enough "$candidate"; then exec "$candidate" "$@"; fi
done

{
    echo "Qpyt Studio needs Python 3.11 or newer, and none was found."
    echo "  Debian or Ubuntu:  apt install python3 python3-venv"
    echo "  macOS:             brew install python@3.13"
    echo "One that is not on the PATH: make run PYTHON=/path/to/python3"
} >&2
exit 1
