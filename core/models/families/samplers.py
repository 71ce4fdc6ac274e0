"""Samplers by their usual names, with the diffusers scheduler of each.

`config` overrides the scheduler configuration of the model. Families list the ids
that apply to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sampler:
    """A sampler: a scheduler class with its configuration."""

    id: str
    label: str
    scheduler: str
    config: Mapping[str, Any] = field(default_factory=dict)


_KARRAS = {"use_karras_sigmas": True}
_MULTISTEP = "DPMSolverMultistepScheduler"
_SINGLESTEP = "DPMSolverSinglestepScheduler"
_SDE = {"algorithm_type": "sde-dpmsolver++"}
_FLOW = "FlowMatchEulerDiscreteScheduler"
_EDM = ("EDMDPMSolverMultistepScheduler", "EDMEulerScheduler")


def _shift(shift: float) -> Sampler:
    config = {"shift": shift, "use_dynamic_shifting": False}
    return Sampler(f"flow_euler_shift_{shift:g}", f"Euler (flow, shift {shift:g})", _FLOW, config)


_ALL = (
    Sampler("euler", "Euler", "EulerDiscreteScheduler"),
    Sampler("euler_karras", "Euler Karras", "EulerDiscreteScheduler", _KARRAS),
    Sampler("euler_a", "Euler a", "EulerAncestralDiscreteScheduler"),
    Sampler("dpmpp_2m", "DPM++ 2M", _MULTISTEP),
    Sampler("dpmpp_2m_karras", "DPM++ 2M Karras", _MULTISTEP, _KARRAS),
    Sampler("dpmpp_2m_sde", "DPM++ 2M SDE", _MULTISTEP, _SDE),
    Sampler("dpmpp_2m_sde_karras", "DPM++ 2M SDE Karras", _MULTISTEP, {**_SDE, **_KARRAS}),
    Sampler("dpmpp_sde", "DPM++ SDE", _SINGLESTEP),
    Sampler("dpmpp_sde_karras", "DPM++ SDE Karras", _SINGLESTEP, _KARRAS),
    Sampler("dpm2", "DPM2", "KDPM2DiscreteScheduler"),
    Sampler("dpm2_karras", "DPM2 Karras", "KDPM2DiscreteScheduler", _KARRAS),
    Sampler("dpm2_a", "DPM2 a", "KDPM2AncestralDiscreteScheduler"),
    Sampler("dpm2_a_karras", "DPM2 a Karras", "KDPM2AncestralDiscreteScheduler", _KARRAS),
    Sampler("heun", "Heun", "HeunDiscreteScheduler"),
    Sampler("lms", "LMS", "LMSDiscreteScheduler"),
    Sampler("lms_karras", "LMS Karras", "LMSDiscreteScheduler", _KARRAS),
    Sampler("ddim", "DDIM", "DDIMScheduler"),
    Sampler("unipc", "UniPC", "UniPCMultistepScheduler"),
    Sampler("flow_euler", "Euler (flow)", _FLOW),
    *(_shift(shift) for shift in (1.0, 3.0, 6.0)),
    Sampler("edm_dpmpp_2m", "DPM++ 2M (EDM)", _EDM[0]),
    Sampler("edm_euler", "Euler (EDM)", _EDM[1]),
)
SAMPLERS: Mapping[str, Sampler] = {sampler.id: sampler for sampler in _ALL}

FLOW = tuple(sampler.id for sampler in _ALL if sampler.scheduler == _FLOW)
EDM = tuple(sampler.id for sampler in _ALL if sampler.scheduler in _EDM)
DIFFUSION = tuple(sampler.id for sampler in _ALL if sampler.id not in (*FLOW, *EDM))
