"""LoRAs on tiny models: what they change, how they are switched, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine.loaded import Loaded
from core.engine.placing import place
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.fit.plans import MemoryPlan
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU, ONE_PER_FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import FAMILY, tiny

pytest.importorskip("peft")

RANK = 4


def lora_state(pipeline: Any, name: str, seed: int = 0) -> dict[str, torch.Tensor]:
    """A LoRA of the modules that its family trains by default, as diffusers saves one."""
    family = FAMILIES[FAMILY[name]]
    endings = tuple(f".{target}" for target in family.lora.targets)
    random = torch.Generator().manual_seed(seed)
    state = {}
    for key, module in getattr(pipeline, family.core).named_modules():
        if key.endswith(endings) and isinstance(module, torch.nn.Linear):
            stem = f"{family.core}.{key}"
            down = torch.randn(RANK, module.in_features, generator=random)
            state[f"{stem}.lora_A.weight"] = down
            state[f"{stem}.lora_B.weight"] = torch.randn(
                module.out_features, RANK, generator=random
            )
    return state


def written(state: Any, path: Path, **metadata: str) -> Path:
    save_file(state, path, metadata)
    return path


def lora(path: Path, weight: float = 1.0) -> dict[str, Any]:
    """A LoRA as operations name it; without a library the name is the path."""
    return {"name": str(path), "weight": weight}


def drawn(model: Any, name: str, *loras: Any, warn: Any = None, steps: int = 4) -> bytes:
    result: bytes = model.draw(
        "generate",
        {**parameters(name, "generate"), "num_inference_steps": steps, "loras": loras},
        seed=3,
        report=Steps(),
        warn=warn,
    ).tobytes()
    return result


@pytest.fixture(autouse=True)
def known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny model's widths are those of no family; recognition is tested where widths are real."""
    name_every_lora(monkeypatch)


def name_every_lora(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.engine import loras
    from core.models.recognition.finding import Finding

    def inspected(path: Path, model: Any) -> Finding:
        return Finding("lora")

    monkeypatch.setattr(loras, "inspected", inspected)


@pytest.mark.parametrize("name", ONE_PER_FAMILY)
def test_a_lora_acts_by_its_weight_and_leaves_no_trace(tmp_path: Path, name: str) -> None:
    model = loaded(name)
    path = written(lora_state(model.pipeline, name), tmp_path / "style.v1.safetensors")
    base = drawn(model, name)
    full, half = drawn(model, name, lora(path)), drawn(model, name, lora(path, 0.5))
    assert len({base, full, half}) == 3
    assert drawn(model, name) == base, "without it the model is what it was"
    assert model.pipeline.num_fused_loras == 0
    assert drawn(model, name, lora(path, 0)) == base
    assert drawn(model, name, lora(path)) == full


@pytest.mark.parametrize("name", ONE_PER_FAMILY)
def test_a_lora_draws_the_image_of_weights_merged_by_hand(tmp_path: Path, name: str) -> None:
    model = loaded(name)
    state = {key: tensor / 5 for key, tensor in lora_state(model.pipeline, name).items()}
    file = written(state, tmp_path / "style.safetensors")
    pipeline = tiny(name)
    core = FAMILIES[FAMILY[name]].core
    with torch.no_grad():
        for key in [key for key in state if key.endswith(".lora_A.weight")]:
            module = key.removesuffix(".lora_A.weight")
            change = state[f"{module}.lora_B.weight"] @ state[key]
            getattr(pipeline, core).get_submodule(module.removeprefix(f"{core}.")).weight += change
    styled = torch.frombuffer(bytearray(drawn(model, name, lora(file))), dtype=torch.uint8)
    merged = drawn(Loaded(model.model, pipeline, CPU), name)
    difference = styled.int() - torch.frombuffer(bytearray(merged), dtype=torch.uint8).int()
    assert difference.abs().max() <= 2, "sums in another order differ in the last digits"
    assert drawn(model, name) != merged


def test_several_are_mixed_and_switched_without_loading_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loaded("klein")
    item, two = (
        lora(written(lora_state(model.pipeline, "klein", n), tmp_path / f"{n}.safetensors"))
        for n in (1, 2)
    )
    both = drawn(model, "klein", item, two)
    alone = drawn(model, "klein", item)
    assert both != alone
    monkeypatch.setattr(type(model.pipeline), "load_lora_weights", None)
    assert drawn(model, "klein", item, two) == both
    assert drawn(model, "klein", item) == alone


def test_alpha_that_is_not_the_rank_counts(tmp_path: Path) -> None:
    model = loaded("klein")
    state = lora_state(model.pipeline, "klein")
    config = {"transformer.r": RANK, "transformer.lora_alpha": 16, "transformer.target_modules": []}
    targets = sorted({key.split(".lora_")[0].removeprefix("transformer.") for key in state})
    config["transformer.target_modules"] = targets
    plain = written(state, tmp_path / "plain.safetensors")
    strong = written(
        state, tmp_path / "strong.safetensors", lora_adapter_metadata=json.dumps(config)
    )
    four_times = drawn(model, "klein", lora(plain, 4.0))
    assert drawn(model, "klein", lora(strong)) == four_times


def kohya(state: Any, alpha: float) -> Any:
    """The same LoRA as kohya writes one, with an alpha beside each module."""
    result = {}
    for key, tensor in state.items():
        module, _, matrix = key.removesuffix(".weight").rpartition(".")
        flat = "lora_unet_" + module.removeprefix("unet.").replace(".", "_")
        result[f"{flat}.{'lora_down' if matrix == 'lora_A' else 'lora_up'}.weight"] = tensor
        result[f"{flat}.alpha"] = torch.tensor(alpha)
    return result


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_alpha_beside_each_module_survives_the_way_through_another_layout(
    tmp_path: Path, name: str
) -> None:
    model = loaded(name)
    state = lora_state(model.pipeline, name)
    plain = lora(written(state, tmp_path / "plain.safetensors"), 0.5)
    half = lora(written(kohya(state, RANK / 2), tmp_path / "half.safetensors"))
    assert drawn(model, name, half) == drawn(model, name, plain)


def test_a_lora_of_the_text_encoder_speaks_and_falls_silent(tmp_path: Path) -> None:
    """Under the names of older libraries, as the published ones have them."""
    model, random = loaded("sd15"), torch.Generator().manual_seed(0)
    state = {}
    for key, module in model.pipeline.text_encoder.named_modules():
        if key.endswith(("q_proj", "v_proj")):
            stem = f"text_encoder.text_model.{key}"
            state[f"{stem}.lora_A.weight"] = torch.randn(RANK, module.in_features, generator=random)
            state[f"{stem}.lora_B.weight"] = torch.randn(
                module.out_features, RANK, generator=random
            )
    warnings: list[str] = []
    path = written(state, tmp_path / "voice.safetensors")
    base = drawn(model, "sd15")
    spoken = drawn(model, "sd15", lora(path), warn=lambda code, *_: warnings.append(code))
    assert spoken != base
    assert warnings == [], "all of its keys matched"
    assert drawn(model, "sd15") == base
    assert drawn(model, "sd15", lora(path)) == spoken


def test_keys_that_the_model_lacks_are_counted_and_told(tmp_path: Path) -> None:
    model, warnings = loaded("klein"), []
    state = lora_state(model.pipeline, "klein")
    whole = len(state) // 2
    for side, shape in (("A", (RANK, 64)), ("B", (64, RANK))):
        state[f"transformer.transformer_blocks.9.attn.to_q.lora_{side}.weight"] = torch.ones(shape)
    path = written(state, tmp_path / "large.safetensors")

    def warn(code: str, detail: str, field: str | None = None) -> None:
        warnings.append((code, detail, field))

    drawn(model, "klein", lora(path), warn=warn)
    assert [warning for warning in warnings if warning[0].startswith("lora")] == [
        (
            "lora_partial",
            f"large: {whole} of {whole + 1} keys matched; the rest has no effect.",
            "loras",
        )
    ]


def test_a_lora_that_reaches_nothing_is_refused(tmp_path: Path) -> None:
    model = loaded("klein")
    base = drawn(model, "klein")
    state = {
        f"transformer.transformer_blocks.9.attn.to_q.lora_{side}.weight": torch.ones(shape)
        for side, shape in (("A", (RANK, 64)), ("B", (64, RANK)))
    }
    path = written(state, tmp_path / "elsewhere.safetensors")
    with pytest.raises(InvalidInput, match="elsewhere"):
        drawn(model, "klein", lora(path))
    assert drawn(model, "klein") == base


@pytest.mark.parametrize("active", [True, False])
def test_a_lora_of_another_width_leaves_the_model_as_it_was(tmp_path: Path, active: bool) -> None:
    model = loaded("klein")
    good = lora(written(lora_state(model.pipeline, "klein"), tmp_path / "good.safetensors"))
    before = drawn(model, "klein", *([good] if active else []))
    state = {key: torch.ones(8, 8) for key in lora_state(tiny("klein"), "klein")}
    wide = lora(written(state, tmp_path / "wide.safetensors"))
    with pytest.raises(InvalidInput, match="wide"):
        drawn(model, "klein", wide)
    assert drawn(model, "klein", *([good] if active else [])) == before


def test_a_lora_beside_weights_in_fp8(tmp_path: Path) -> None:
    held = place(tiny("klein"), MemoryPlan("small", "", "device", {"transformer": "fp8"}), "cpu")
    model = loaded("klein", held)
    path = written(lora_state(model.pipeline, "klein"), tmp_path / "style.safetensors")
    base = drawn(model, "klein")
    assert drawn(model, "klein", lora(path)) != base
    assert drawn(model, "klein") == base


def test_only_the_last_few_stay_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.engine import loras

    monkeypatch.setattr(loras, "KEPT", 2)
    model = loaded("sd15")
    states = [lora_state(model.pipeline, "sd15", n) for n in range(4)]
    for n, state in enumerate(states):
        drawn(model, "sd15", lora(written(state, tmp_path / f"{n}.safetensors")))
    assert len(model.pipeline.get_list_adapters()["unet"]) == 2


def test_a_lora_that_turns_out_not_to_fit_is_left_out_where_the_request_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.engine import requested_loras as module

    def unfit(path: Path, model: Any) -> None:
        if "other" in path.name:
            raise InvalidInput(f"{path.name} is for another model.", field="loras")

    model, warnings = loaded("klein"), []
    good = written(lora_state(model.pipeline, "klein"), tmp_path / "good.safetensors")
    monkeypatch.setattr(module, "inspected", unfit)
    monkeypatch.setattr(
        model, "find_lora", lambda name: tmp_path / f"{Path(name).stem}.safetensors"
    )
    asked = [{"name": "other"}, {"name": "good", "weight": 1.0}]
    given = {**parameters("klein", "generate"), "loras": asked}

    def picture(**more: Any) -> bytes:
        warn = lambda *reported: warnings.append(reported)  # noqa: E731
        wanted = {**given, **more}
        result: bytes = model.draw("generate", wanted, seed=3, report=Steps(), warn=warn).tobytes()
        return result

    assert picture(lora_policy="skip") == drawn(model, "klein", lora(good))
    codes = [reported[0] for reported in warnings]
    assert [code for code in codes if code.startswith("lora")] == ["lora_skipped"]
    with pytest.raises((InvalidInput, OSError)):
        picture(lora_policy="refuse")


def control_state(pipeline: Any) -> dict[str, torch.Tensor]:
    """A control LoRA of FLUX.1: twice the input channels, biases and other norms."""
    state = lora_state(pipeline, "flux1")
    state["transformer.x_embedder.lora_A.weight"] = torch.ones(RANK, 128)
    state["transformer.x_embedder.lora_B.weight"] = torch.ones(64, RANK)
    state["transformer.x_embedder.lora_B.bias"] = torch.ones(64)
    state["transformer.transformer_blocks.0.attn.norm_q.weight"] = torch.full((32,), 5.0)
    return state


@pytest.mark.parametrize(
    ("dropped", "reason"),
    [
        ((), "replaces transformer_blocks.0.attn.norm_q.weight"),
        (("x_embedder",), r"replaces transformer_blocks.0.attn.norm_q.weight"),
        (("norm_q",), "changes x_embedder from 64 to 128 inputs"),
    ],
)
def test_a_lora_that_changes_the_networks_own_weights_is_refused_and_leaves_nothing(
    tmp_path: Path, dropped: tuple[str, ...], reason: str
) -> None:
    model = loaded("flux1")
    style = lora(written(lora_state(model.pipeline, "flux1"), tmp_path / "style.safetensors"))
    plain, styled = drawn(model, "flux1"), drawn(model, "flux1", style)
    state = control_state(tiny("flux1"))
    state = {key: tensor for key, tensor in state.items() if not any(n in key for n in dropped)}
    control = lora(written(state, tmp_path / "control.safetensors"))
    with pytest.raises(InvalidInput, match=reason):
        drawn(model, "flux1", control)
    assert model.pipeline.transformer.x_embedder.in_features == 64
    assert drawn(model, "flux1") == plain
    assert drawn(model, "flux1", style) == styled


FP8 = {"transformer": "fp8"}
NF4 = {"transformer": "nf4"}
HELD = [
    MemoryPlan("device", "", "device"),
    MemoryPlan("small", "", "device", FP8),
    MemoryPlan("offload", "", "model_offload"),
    MemoryPlan("small-offload", "", "model_offload", FP8),
    MemoryPlan("small-2", "", "device", NF4),
    MemoryPlan("small-2-offload", "", "model_offload", NF4),
    MemoryPlan("groups", "", "group_offload"),
]


def held_by(plan: MemoryPlan) -> Loaded:
    return Loaded(loaded("klein").model, place(tiny("klein"), plan, "cpu"), CPU, plan=plan)


@pytest.mark.parametrize("plan", HELD, ids=lambda plan: plan.id)
def test_loras_act_under_every_plan_and_leave_no_trace(tmp_path: Path, plan: MemoryPlan) -> None:
    if "nf4" in plan.formats.values():
        pytest.importorskip("bitsandbytes")
    model = held_by(plan)
    first, second = (
        lora(written(lora_state(tiny("klein"), "klein", n), tmp_path / f"{n}.safetensors"))
        for n in (1, 2)
    )
    plain = drawn(model, "klein")
    styled = drawn(model, "klein", first)
    both = drawn(model, "klein", first, second)
    assert len({plain, styled, both}) == 3
    assert drawn(model, "klein") == plain
    assert drawn(model, "klein", first) == styled
    assert place(model.pipeline, plan, "cpu") is model.pipeline, "placing again changes nothing"
    assert drawn(model, "klein", first, second) == both
