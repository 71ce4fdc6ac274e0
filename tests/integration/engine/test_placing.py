"""Memory plans: the arguments that diffusers gets, and plans that run on a processor."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from core.engine.loaded import Loaded
from core.engine.placing import groups, place
from core.models.fit.plans import MemoryPlan, plans
from tests.integration.engine.formats import formats_of
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU, OFFERED, ONE_PER_FAMILY, loaded, model
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import narrow, tiny


class Recorder:
    """A pipeline on a GPU that records its calls."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.vae = self
        self.components: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        def tell(*args: Any, **named: Any) -> "Recorder":
            self.reported.append((name, args, named))
            return self

        return tell


@pytest.mark.parametrize(
    ("plan", "reported"),
    [
        ("device", [("to", ("cuda",), {})]),
        ("device-tiled", [("enable_tiling", (), {}), ("to", ("cuda",), {})]),
        (
            "offload",
            [("enable_tiling", (), {}), ("enable_model_cpu_offload", (), {"device": "cuda"})],
        ),
        (
            "groups",
            [("enable_tiling", (), {}), ("enable_group_offload", (), groups("cuda"))],
        ),
    ],
)
def test_each_plan_calls_its_methods_of_diffusers(plan: str, reported: list[Any]) -> None:
    chosen = {item.id: item for item in plans("cuda")}[plan]
    recorder = Recorder()
    place(recorder, chosen, "cuda")
    assert recorder.reported == reported


def test_groups_are_streamed_on_a_gpu_only() -> None:
    assert groups("cuda")["use_stream"]
    assert not groups("cpu")["use_stream"]


@pytest.mark.parametrize("name", ONE_PER_FAMILY)
def test_group_offload_draws_the_same_pixels(name: str) -> None:
    wanted = parameters(name, "generate")
    plain = loaded(name).draw("generate", wanted, seed=3, report=Steps())
    held = place(tiny(name), MemoryPlan("groups", "", "group_offload"), "cpu")
    again = loaded(name, held).draw("generate", wanted, seed=3, report=Steps())
    assert again.tobytes() == plain.tobytes()


@cache
def whole(name: str, tiling: bool) -> Any:
    """The image of the model as it is, all on the device."""
    return picture(name, plans("cuda")[int(tiling)])


def picture(name: str, plan: MemoryPlan) -> Any:
    if "nf4" in plan.formats.values():
        pytest.importorskip("bitsandbytes")
    held = place(narrow(name), plan, "cpu")
    for part, format in plan.formats.items():
        assert formats_of(getattr(held, part)) == {format}
    made = Loaded(model(name), held, CPU, plan=plan)
    image = made.draw("generate", parameters(name, "generate"), seed=3, report=Steps())
    return np.asarray(image, dtype=float)


@pytest.mark.parametrize(
    ("name", "plan"), OFFERED, ids=[f"{name}-{plan.id}" for name, plan in OFFERED]
)
def test_every_family_draws_by_every_plan_that_may_be_chosen(name: str, plan: MemoryPlan) -> None:
    """In bfloat16 as on a GPU; storing parts smaller changes an image a little."""
    difference = np.abs(picture(name, plan) - whole(name, plan.tiling)).mean()
    assert 0 < difference < 4 if plan.formats else difference == 0
