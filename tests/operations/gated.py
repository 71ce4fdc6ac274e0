"""A module of operations that a worker does not finish to import before the file of a gate exists.

The name of the file is in `QPYT_TEST_GATE`. A server imports the module at once.
"""

import os
import sys
import time
from pathlib import Path

PAUSE = 0.02

if "core.worker.child" in sys.orig_argv:
    while not Path(os.environ["QPYT_TEST_GATE"]).exists():
        time.sleep(PAUSE)
