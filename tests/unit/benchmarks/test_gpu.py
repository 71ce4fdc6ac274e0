"""The GPU script's networks, as far as they can be checked without a GPU."""

import pytest
import torch

from benchmarks import full_size, gpu


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_says_so_and_measures_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gpu.main([]) == 2
    assert "no GPU" in capsys.readouterr().out


def test_a_model_that_it_does_not_know_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        gpu.main(["flux9"])
    assert left.value.code == 2
    assert "sdxl-base" in capsys.readouterr().err


@pytest.mark.parametrize("name", full_size.CASES)
def test_its_networks_are_as_large_as_the_published_ones(name: str) -> None:
    pipeline = full_size.make(name, "meta", torch.bfloat16)
    _, variant = full_size.known(name)
    counted = {
        part: sum(parameter.numel() for parameter in getattr(pipeline, part).parameters())
        for part in pipeline.components
        if isinstance(getattr(pipeline, part), torch.nn.Module)
    }
    assert counted.keys() == variant.parameters.keys()
    for part, count in variant.parameters.items():
        assert counted[part] == pytest.approx(count, rel=0.01), part
    shapes = full_size.CASES[name].texts(pipeline)
    assert "prompt_embeds" in shapes
    assert all(parameter.is_meta for parameter in pipeline.vae.parameters())
