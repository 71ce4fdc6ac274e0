"""Package indexes of torch beside pip's ordinary ones.

Torch for Linux usually carries gigabytes of CUDA libraries, useless without an NVIDIA device.
PyTorch publishes a CPU build on an index of its own. constraints.txt decides the version.
"""

import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_SECONDS = 3.0


def torch_arguments(pip: list[str]) -> list[str]:
    """The arguments that lead `pip` (a command) to the build of torch that suits this machine.

    `QPYT_TORCH_INDEX` names an index to use instead; empty means pip's ordinary configuration.
    """
    chosen = os.environ.get("QPYT_TORCH_INDEX")
    if chosen is not None:
        return ["--extra-index-url", chosen] if chosen.strip() else []
    if sys.platform != "linux" or has_nvidia_device() or has_torch_wheel(pip):
        return []
    if not answers(CPU_INDEX):
        print(f"  {CPU_INDEX} does not answer: torch comes from pip's ordinary sources.")
        return []
    return ["--extra-index-url", CPU_INDEX]


def has_nvidia_device() -> bool:
    """True if the driver lists at least one NVIDIA device."""
    devices = Path("/proc/driver/nvidia/gpus")
    if devices.is_dir() and any(devices.iterdir()):
        return True
    if shutil.which("nvidia-smi") is None:
        return False
    listed = subprocess.run(
        ["nvidia-smi", "-L"], capture_output=True, encoding="utf-8", check=False
    )
    return listed.returncode == 0 and "GPU" in listed.stdout


def has_torch_wheel(pip: list[str]) -> bool:
    """True if a folder of wheels in pip's own configuration holds torch already."""
    listed = subprocess.run(
        [*pip, "config", "list"], capture_output=True, encoding="utf-8", check=False
    )
    places: list[str] = []
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        if name.endswith(".find-links"):
            places += value.strip("'\"").split()
    return any(next(Path(place).glob("torch-*.whl"), None) for place in places)


def answers(index: str) -> bool:
    """True if `index` answers within a few seconds, name resolution included."""
    answered = threading.Event()

    def probe() -> None:
        try:
            request = urllib.request.Request(f"{index}/torch/", method="HEAD")
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
                answered.set()
        except (urllib.error.URLError, OSError, ValueError):
            return

    # A thread, because no timeout of a socket covers the look-up of its name.
    threading.Thread(target=probe, daemon=True).start()
    return answered.wait(PROBE_SECONDS)
