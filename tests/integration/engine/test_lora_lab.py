"""The LoRA lab on tiny networks: what is merged, resized, converted and extracted is exact."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save_file

from core.engine.lab.extraction import difference
from core.engine.lab.factors import Changes, Factors, compressed
from core.engine.lab.inspection import compatibility, facts
from core.engine.lab.merging import Ingredient, Method, merged, resized
from core.engine.lab.reading import LabLora, read_changes
from core.engine.lab.writing import lora_file
from core.engine.lora_weights import LoraWeights, convert
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.families.family import Family
from core.models.recognition import lora_facts
from core.models.weights.file import read_weights
from core.training.configuration.sections import Layout
from tests.integration.engine import lora_files
from tests.integration.engine.lora_files import ALGORITHMS, LAYOUTS, State, write
from tests.integration.engine.test_lora_layouts import ORIGINAL, UNETS, names_of, trained, unet
from tests.integration.engine.tiny_models import FAMILY, tiny

pytest.importorskip("peft")

LAYOUTS_WRITTEN: tuple[Layout, ...] = ("diffusers", "kohya", "bfl")


@pytest.fixture(scope="module")
def networks() -> Mapping[str, Any]:
    cores = {name: getattr(tiny(name), FAMILIES[FAMILY[name]].core) for name in ORIGINAL}
    return {**cores, **{name: unet(**config) for name, config in UNETS.items()}}


def family(name: str) -> Family:
    return FAMILIES[FAMILY[name]]


def layers_of(name: str, network: Any) -> State:
    """Some of the weights that a LoRA changes: those of a UNet are many."""
    weights = trained({key: tensor.clone() for key, tensor in network.state_dict().items()})
    return dict(list(weights.items())[:: 9 if name in UNETS else 1])


def products(weights: LoraWeights, network: Any) -> State:
    """The change of each layer of a loaded file, as the engine applies it."""
    changes = {}
    for (component, name), alpha in weights.alphas.items():
        down = weights.state[f"{component}.{name}.lora_A.weight"].float()
        up = weights.state[f"{component}.{name}.lora_B.weight"].float()
        product = up.flatten(1) @ down.flatten(1) * (alpha / down.shape[0])
        changes[name] = product.reshape(network.get_submodule(name).weight.shape)
    return changes


def loaded(data: bytes, tmp_path: Path, network: Any, name: str) -> State:
    """The changes of a file in the network, by the loader of images."""
    path = tmp_path / "written.safetensors"
    path.write_bytes(data)
    settings = lora_facts.settings(read_weights(path).header.metadata)
    owner = family(name)
    return products(convert(load(data), {owner.core: network}, owner, settings), network)


def dense(factors: Factors) -> torch.Tensor:
    return factors.up @ factors.down


def random_lora(name: str, network: Any, seed: int, rank: int = 4) -> LabLora:
    """Changes of all linear layers, without a file."""
    random = torch.Generator().manual_seed(seed)
    changes = {}
    for layer, part in network.named_modules():
        if isinstance(part, torch.nn.Linear):
            down = torch.randn(rank, part.in_features, generator=random) / part.in_features**0.5
            up = torch.randn(part.out_features, rank, generator=random) / rank
            changes[family(name).core, layer] = Factors(down, up)
    return LabLora(f"lora {seed}", "", family(name), changes, {})


@pytest.mark.parametrize("algorithm", ["LoRA", "LoHa", "LoKr"])
@pytest.mark.parametrize("name", ORIGINAL)
def test_a_file_of_any_layout_keeps_its_changes_in_every_other_layout(
    tmp_path: Path, networks: Mapping[str, Any], name: str, algorithm: str
) -> None:
    network, rename = networks[name], names_of(name, "original")
    leaves = LAYOUTS["kohya"]
    weights = trained(rename(dict(network.state_dict())))
    weights = dict(list(weights.items())[:: 9 if name in UNETS else 1])
    core = family(name).core
    tensors, _ = write(weights, core, leaves, ALGORITHMS[algorithm], alpha=True)
    path = tmp_path / "source.safetensors"
    save_file(tensors, path)
    source = products_of(convert(tensors, {core: network}, family(name), {}), network)
    lora = read_changes("source", path, family(name), {})
    assert lora.unread == 0
    assert {layer for _, layer in lora.changes} == source.keys()
    for layout in LAYOUTS_WRITTEN:
        data = lora_file(lora.changes, family(name), layout, {}, "float32")
        written = loaded(data, tmp_path, network, name)
        assert written.keys() == source.keys(), layout
        for layer, change in source.items():
            torch.testing.assert_close(
                written[layer], change, atol=1e-5, rtol=1e-4, msg=f"{layout} {layer}"
            )


def products_of(weights: LoraWeights, network: Any) -> State:
    """The changes, with those of Kronecker products computed whole."""
    changes = products(weights, network)
    for (_, name), (down, up) in weights.kroneckers.items():
        layer = network.get_submodule(name)
        product = up(down(torch.eye(layer.in_features))).T
        changes[name] = product * weights.alphas[next(iter(weights.alphas))[0], name]
    return changes


@pytest.fixture
def flow(networks: Mapping[str, Any]) -> Any:
    return networks["flux1"]


def outputs(network: Any, changes: Changes, inputs: Mapping[str, torch.Tensor]) -> Iterator[Any]:
    """The output of each layer with the changes merged into its weight, without the bias."""
    for (_, name), factors in changes.items():
        yield inputs[name] @ dense(factors).T


def test_the_forward_of_a_concatenation_is_the_sum_of_forwards(flow: Any) -> None:
    loras = [random_lora("flux1", flow, seed, rank) for seed, rank in ((1, 4), (2, 8), (3, 2))]
    weights = (0.7, -1.2, 2.0)
    parts = [Ingredient(lora, weight) for lora, weight in zip(loras, weights, strict=True)]
    result = merged(parts, "concatenate", None, None)
    random = torch.Generator().manual_seed(5)
    for key, factors in result.changes.items():
        assert factors.rank == 14
        x = torch.randn(3, factors.down.shape[1], generator=random)
        total = sum(part.weight * (x @ dense(part.lora.changes[key]).T) for part in parts)
        torch.testing.assert_close(x @ dense(factors).T, total, atol=1e-5, rtol=1e-5)
    assert result.error == 0


def test_the_error_of_an_svd_equals_the_discarded_singular_values(flow: Any) -> None:
    loras = [random_lora("flux1", flow, seed) for seed in (1, 2)]
    parts = [Ingredient(lora, 1.0) for lora in loras]
    result = merged(parts, "svd", 3, None)
    missing = everything = 0.0
    for key, factors in result.changes.items():
        whole = sum(dense(lora.changes[key]).double() for lora in loras)
        values = torch.linalg.svdvals(whole)
        lost = float((whole - dense(factors).double()).norm())
        assert lost == pytest.approx(float(values[3:].norm()), rel=1e-4)
        missing, everything = missing + lost**2, everything + float(whole.norm()) ** 2
    assert result.error == pytest.approx((missing / everything) ** 0.5, rel=1e-4)
    assert result.report()["rank"] == 3


def test_the_error_of_a_linear_merge_is_measured_against_the_sum(flow: Any) -> None:
    loras = [random_lora("flux1", flow, seed) for seed in (1, 2)]
    result = merged([Ingredient(lora, 0.5) for lora in loras], "linear", None, None)
    key, factors = next(iter(result.changes.items()))
    assert factors.rank == 4
    whole = sum(0.5 * dense(lora.changes[key]) for lora in loras)
    lost = float((dense(factors) - whole).norm() / whole.norm())
    norm, error = result.squares[key]
    assert (error / norm) ** 0.5 == pytest.approx(lost, rel=1e-4)
    alone = merged([Ingredient(loras[0], -0.5)], "linear", None, None)
    assert alone.error == pytest.approx(0, abs=1e-6)
    with pytest.raises(InvalidInput, match="ranks 2, 4"):
        merged([Ingredient(loras[0], 1), Ingredient(random_lora("flux1", flow, 3, 2), 1)],
               "linear", None, None)  # fmt: skip


def test_the_full_rank_is_exact_and_a_share_decides_the_rank(flow: Any) -> None:
    lora = random_lora("flux1", flow, 1, rank=6)
    whole = resized(lora.changes, 6, None)
    assert whole.error == pytest.approx(0, abs=1e-6)
    for key, factors in whole.changes.items():
        torch.testing.assert_close(dense(factors), dense(lora.changes[key]), atol=1e-5, rtol=1e-4)
    kept = resized(lora.changes, None, 0.9)
    assert kept.error <= (1 - 0.9**2) ** 0.5 + 1e-6
    for key, factors in kept.changes.items():
        if factors.rank > 1:  # one value less would keep too little
            smaller = compressed(lora.changes[key], factors.rank - 1)
            assert 1 - (smaller.error / smaller.norm) ** 2 < 0.9**2


@pytest.mark.parametrize("method", ["concatenate", "svd"])
def test_a_difference_of_a_lora_with_itself_is_nothing(flow: Any, method: Method) -> None:
    lora = random_lora("flux1", flow, 1)
    result = merged([Ingredient(lora, 1.0), Ingredient(lora, -1.0)], method, None, None)
    assert max(factors.norm for factors in result.changes.values()) < 1e-5


def test_blocks_are_weighed_on_their_own(flow: Any) -> None:
    first, second = random_lora("flux1", flow, 1), random_lora("flux1", flow, 2)
    parts = [
        Ingredient(first, 1.0, "single=0, *.to_q=0.25"),
        Ingredient(second, 1.0, "complement of single=0, *.to_q=0.25"),
    ]
    result = merged(parts, "concatenate", None, None)
    for (core, name), factors in result.changes.items():
        share = 0.25 if name.endswith(".to_q") else float(not name.startswith("single"))
        expected = share * dense(first.changes[core, name])
        expected += (1 - share) * dense(second.changes[core, name])
        torch.testing.assert_close(dense(factors), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["flux2", "sd15"])
def test_the_difference_of_a_base_and_the_base_with_a_lora_is_the_lora(
    networks: Mapping[str, Any], name: str
) -> None:
    base = networks[name]
    tuned = copy.deepcopy(base)
    core = family(name).core
    expected: dict[str, torch.Tensor] = {}
    for layer, weight in layers_of(name, base).items():
        _, change = lora_files.lora(weight, torch.Generator().manual_seed(len(expected)))
        expected[layer.removesuffix(".weight")] = change
        tuned.get_parameter(layer).data += change
    reports: list[tuple[int, int]] = []
    result = difference(base, tuned, core, lora_files.RANK, lambda *at: reports.append(at))
    assert reports[-1][0] == reports[-1][1]
    assert result.error < 1e-4
    for (_, layer), factors in result.changes.items():
        change = expected.pop(layer)
        torch.testing.assert_close(
            dense(factors), change.flatten(1), atol=1e-4, rtol=1e-3, msg=layer
        )
    assert all(tensor.ndim == 1 or "embed" in layer for layer, tensor in expected.items())
    with pytest.raises(InvalidInput, match="same weights"):
        difference(base, copy.deepcopy(base), core, 4, lambda *_: None)


def test_loras_of_two_architectures_are_not_merged(networks: Mapping[str, Any]) -> None:
    parts = [Ingredient(random_lora(name, networks[name], 1), 1.0) for name in ("flux1", "flux2")]
    with pytest.raises(InvalidInput, match="several architectures"):
        merged(parts, "svd", 4, None)
    assert compatibility(parts[0].lora, parts[1].lora)["score"] == 0


def test_the_compatibility_names_what_lowers_it(flow: Any) -> None:
    lora, other = random_lora("flux1", flow, 1, 8), random_lora("flux1", flow, 2, 8)
    assert compatibility(lora, other)["score"] > 95
    twice = LabLora("twice", "", lora.family, {k: f.scaled(4) for k, f in lora.changes.items()}, {})
    pair = compatibility(lora, twice)
    reasons = " ".join(loss["reason"] for loss in pair["losses"])
    assert "4.0 times as much" in reasons
    assert "cosine 1.00" in reasons
    assert pair["score"] == (100 - 20 - 25)
    small = random_lora("flux1", flow, 3, 2)
    ranks = next(loss for loss in compatibility(lora, small)["losses"] if "ranks" in loss["reason"])
    assert ranks["points"] == 10


def test_facts_have_the_strength_of_every_block(flow: Any) -> None:
    lora = random_lora("flux1", flow, 1)
    report = facts(lora)
    assert report["ranks"] == [4]
    assert {"double.0", "single.0", "other"} <= report["blocks"].keys()
    total = sum(norm**2 for norm in report["blocks"].values()) ** 0.5
    assert total == pytest.approx(report["norm"], rel=1e-6)
