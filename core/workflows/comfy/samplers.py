"""Samplers of ComfyUI, a name and a schedule, as samplers of the studio, and back."""

from __future__ import annotations

from collections.abc import Collection

from core.models.families.samplers import SAMPLERS

# Names of ComfyUI by the studio's, without the schedule.
_NAMES = {
    "euler": "euler",
    "euler_ancestral": "euler_a",
    "dpmpp_2m": "dpmpp_2m",
    "dpmpp_2m_sde": "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu": "dpmpp_2m_sde",
    "dpmpp_sde": "dpmpp_sde",
    "dpmpp_sde_gpu": "dpmpp_sde",
    "dpm_2": "dpm2",
    "dpm_2_ancestral": "dpm2_a",
    "heun": "heun",
    "lms": "lms",
    "ddim": "ddim",
    "uni_pc": "unipc",
}
# Close relatives: another noise or another corrector.
_NEAR = {
    "euler_cfg_pp": "euler",
    "euler_ancestral_cfg_pp": "euler_a",
    "dpmpp_2m_cfg_pp": "dpmpp_2m",
    "dpmpp_2s_ancestral": "dpm2_a",
    "dpmpp_2s_ancestral_cfg_pp": "dpm2_a",
    "dpmpp_3m_sde": "dpmpp_2m_sde",
    "dpmpp_3m_sde_gpu": "dpmpp_2m_sde",
    "heunpp2": "heun",
    "uni_pc_bh2": "unipc",
}
_PLAIN = "normal"
_OWN = "simple"  # with `euler`, the schedule that the model itself brings
_FLOW_OWN = frozenset({"simple", "flux2", "sd_turbo"})
_SHIFT = "flow_euler_shift_"


def studio_sampler(
    name: str, scheduler: str, *, flow: bool, shift: float | None
) -> tuple[str | None, str | None]:
    """The studio's sampler, None for the model's own, and a note where that is not the same."""
    if flow:
        return _of_flow(name, scheduler, shift)
    if (name, scheduler) in (("euler", _OWN), ("euler", "sd_turbo")):
        return None, None
    base = _NAMES.get(name) or _NEAR.get(name)
    if base is None:
        return None, f"The studio has no sampler {name!r}: the model's own is used."
    exact = name in _NAMES
    if scheduler == "karras" and f"{base}_karras" in SAMPLERS:
        chosen, same = f"{base}_karras", True
    else:
        chosen, same = base, scheduler == _PLAIN
    if exact and same:
        return chosen, None
    label = SAMPLERS[chosen].label
    return chosen, f"{name} with the schedule {scheduler} becomes {label}."


def offered_sampler(sampler: str | None, offered: Collection[str]) -> tuple[str | None, str | None]:
    """The sampler where it is one of those that the model has; else that one of them which solves
    alike with other noise levels, or None for the model's own, and a note.

    `offered` is empty where the model is unknown.
    """
    if sampler is None or not offered or sampler in offered:
        return sampler, None
    solver = sampler.removeprefix("edm_").removesuffix("_karras")
    alike = (f"edm_{solver}", f"{solver}_karras", solver)
    chosen = next((name for name in alike if name in offered), None)
    label = SAMPLERS[chosen].label if chosen else "its own sampler"
    return chosen, f"The model has no {SAMPLERS[sampler].label}: {label} replaces it."


def comfy_sampler(sampler: str | None) -> tuple[str, str, float | None]:
    """ComfyUI's name and schedule of a sampler, and the shift of a flow model's."""
    if sampler is None or sampler == "flow_euler":
        return "euler", _OWN, None
    if sampler.startswith(_SHIFT):
        shift = SAMPLERS[sampler].config["shift"] if sampler in SAMPLERS else None
        return "euler", _OWN, shift
    # ComfyUI reads EDM in the checkpoint, whose schedule is that of Karras.
    base = sampler.removesuffix("_karras").removeprefix("edm_")
    scheduler = "karras" if sampler != base else _PLAIN
    name = next((theirs for theirs, ours in _NAMES.items() if ours == base), "euler")
    return name, scheduler, None


def _of_flow(name: str, scheduler: str, shift: float | None) -> tuple[str | None, str | None]:
    notes = []
    if name != "euler":
        notes.append(f"Flow models are sampled with Euler here, not {name}.")
    if scheduler not in _FLOW_OWN:
        notes.append(f"The model's own schedule replaces {scheduler}.")
    if shift is None:
        return None, " ".join(notes) or None
    chosen = f"{_SHIFT}{shift:g}"
    if chosen not in SAMPLERS:
        notes.append(f"The shift {shift:g} becomes the model's own.")
        return None, " ".join(notes)
    return chosen, " ".join(notes) or None
