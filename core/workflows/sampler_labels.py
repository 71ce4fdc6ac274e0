"""Names of samplers in the metadata of other tools, as samplers of the studio."""

from __future__ import annotations

import re

from core.models.families.samplers import FLOW, SAMPLERS
from core.workflows.comfy.samplers import studio_sampler

_LABELS = {sampler.label.lower(): sampler.id for sampler in SAMPLERS.values()}
# Labels without their schedule, and other tools' names, as ComfyUI's names.
_NAMES = {
    "euler a": "euler_ancestral",
    "euler_a": "euler_ancestral",
    "dpm++ 2m": "dpmpp_2m",
    "dpm++ 2m sde": "dpmpp_2m_sde",
    "dpm++ sde": "dpmpp_sde",
    "dpm++ 2s a": "dpmpp_2s_ancestral",
    "dpm++ 3m sde": "dpmpp_3m_sde",
    "dpmpp_2s": "dpmpp_2s_ancestral",
    "dpmpp_3m": "dpmpp_3m_sde",
    "dpm2": "dpm_2",
    "dpm2 a": "dpm_2_ancestral",
    "dpm2_a": "dpm_2_ancestral",
    "kdpm_2": "dpm_2",
    "kdpm_2_a": "dpm_2_ancestral",
    "unipc": "uni_pc",
    "ddim_v3": "ddim",
    "plms": "lms",
}
_KARRAS = re.compile(r"( karras|_karras|_k)$")
_DEFAULTS = frozenset({"", "automatic", "native", "default", "uniform", "normal"})


def sampler_of(name: str, schedule: str, *, flow: bool) -> tuple[str | None, str | None]:
    """The studio's sampler, None for the model's own, and a note where it differs.

    `name` is a label (`DPM++ 2M Karras`), a name of k-diffusion (`k_dpmpp_2m`) or of ComfyUI.
    """
    plain, scheduler = name.strip().lower(), schedule.strip().lower()
    label = plain if scheduler in _DEFAULTS else f"{plain} {scheduler}"
    if label in _LABELS and (_LABELS[label] in FLOW) == flow:
        return _LABELS[label], None
    plain = plain.removeprefix("k_").removeprefix("sample_")
    if _KARRAS.search(plain):
        plain, scheduler = _KARRAS.sub("", plain), "karras"
    if scheduler in _DEFAULTS:
        scheduler = "simple" if flow else "normal"
    return studio_sampler(_NAMES.get(plain, plain), scheduler, flow=flow, shift=None)
