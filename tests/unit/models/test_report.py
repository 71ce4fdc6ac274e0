"""`models check` says in plain words what a file is; its exit code says whether it can be used."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import main
from core.errors import NotFound
from tests.unit.models import headers
from tests.unit.models.crafting import Shapes, safetensors
from tests.unit.models.test_lora import kohya, unet


def check(path: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(main.app, ["models", "check", str(path), *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("name", "shapes", "words"),
    [
        ("x", headers.SDXL_CHECKPOINT, ["a whole model", "SDXL base", "text_encoder_2, vae"]),
        ("x", headers.flux2(*headers.KLEIN_4B), ["a network alone", "klein 4B", "klein base 4B"]),
        ("x", headers.vae(16, False), ["a VAE", "FLUX.1 VAE or Stable Diffusion 3.5 VAE"]),
        ("x", kohya("lora_unet_", unet(768)), ["a LoRA", "Stable Diffusion 1.5", "rank       16"]),
    ],
)
def test_a_file_is_described(tmp_path: Path, name: str, shapes: Shapes, words: list[str]) -> None:
    code, text = check(safetensors(tmp_path / f"{name}.safetensors", shapes))
    assert code == 0
    for word in words:
        assert word in text


def test_what_cannot_be_used_ends_with_1_and_the_reason(tmp_path: Path) -> None:
    code, text = check(
        safetensors(
            tmp_path / "a",
            {
                "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_k.oft_blocks": (
                    4,
                    8,
                    8,
                )
            },
        )
    )
    assert code == 1
    assert "OFT" in text.splitlines()[-1]


def test_programs_read_json(tmp_path: Path) -> None:
    code, text = check(safetensors(tmp_path / "a", headers.flux1()), "--json")
    result = json.loads(text)
    assert code == 0
    assert result["variant"] == "flux1-dev"
    assert result["keys"]["matched"] == result["keys"]["total"]


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.safetensors"):
        check(tmp_path / "nowhere.safetensors")
