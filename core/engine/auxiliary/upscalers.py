"""Load upscaling networks: Swin2SR by transformers, ESRGAN and similar ones by spandrel, and the
finisher of a model by onnxruntime.

Other files are safetensors. `enlarging` applies them in tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.engine.auxiliary import onnx_upscaler
from core.engine.auxiliary.enlarging import Network
from core.errors import ModelBroken, TaskFailure
from core.models.library.folder import check_configs, read_json, weight_files
from core.models.library.record import read_record
from core.models.library.upscalers import SPANDREL
from core.models.weights.file import read_weights

LEAST = 16  # pixels of a side, at least


@dataclass(frozen=True, slots=True)
class TorchNetwork:
    """A network on a device. `module` maps (1, 3, height, width) of 0..1 to the same layout; sides
    are multiples of `multiple`."""

    module: Any
    scale: int
    device: str
    multiple: int = 1
    for_masks: bool = False

    def __call__(self, picture: Image.Image) -> Image.Image:
        """The RGB image, `scale` times as large."""
        width, height = picture.size
        pixels = np.asarray(picture.convert("RGB"), np.float32) / 255
        filled = ((0, self._missing(height)), (0, self._missing(width)), (0, 0))
        given = torch.from_numpy(np.pad(pixels, filled, "symmetric")).permute(2, 0, 1)[None]
        with torch.inference_mode():
            output = self.module(given.to(self.device))
        answer = getattr(output, "reconstruction", output)[0].permute(1, 2, 0).float().cpu().numpy()
        answer = answer[: height * self.scale, : width * self.scale]
        return Image.fromarray((answer.clip(0, 1) * 255).round().astype(np.uint8))

    def _missing(self, side: int) -> int:
        """The number of pixels to pad a side with."""
        return math.ceil(max(side, LEAST) / self.multiple) * self.multiple - side


def load(place: Path, device: str) -> Network:
    """The network of one safetensors file, of a folder of Swin2SR, or of a model's finisher.

    Raises `ModelBroken`.
    """
    if place.is_dir() and (finisher := read_record(place).finisher):
        return onnx_upscaler.load(place / finisher, device)
    try:
        return _swin2sr(place, device) if place.is_dir() else _spandrel(place, device)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelBroken(
            f"{place.name} cannot be loaded: {str(error).splitlines()[0][:200]}.",
            field="upscaler",
            fix="Delete it and download it again.",
        ) from error


def _swin2sr(folder: Path, device: str) -> TorchNetwork:
    from transformers import Swin2SRForImageSuperResolution

    check_configs(folder)
    for path in weight_files(folder):
        read_weights(path)
    if read_json(folder / "config.json", folder).get("model_type") != "swin2sr":
        raise ValueError("it is no Swin2SR model")
    module, loading = Swin2SRForImageSuperResolution.from_pretrained(
        folder,
        use_safetensors=True,
        local_files_only=True,
        dtype=torch.float32,
        output_loading_info=True,
    )
    if loading["missing_keys"]:
        raise ValueError("weights are missing in it")
    config = module.config
    return TorchNetwork(module.eval().to(device), config.upscale, device, config.window_size)


def _spandrel(path: Path, device: str) -> TorchNetwork:
    try:
        import spandrel
    except (ImportError, RuntimeError) as error:  # the latter when torchvision is of another torch
        raise TaskFailure(
            f"{path.name} needs the package spandrel, which cannot be imported here.",
            field="upscaler",
            fix=f"Install it: {SPANDREL}. Or choose another upscaler.",
        ) from error
    from safetensors.torch import load_file

    read_weights(path)
    network = spandrel.ModelLoader().load_from_state_dict(load_file(path))
    if not isinstance(network, spandrel.ImageModelDescriptor) or network.input_channels != 3:
        raise ValueError("it is no upscaler of colour images")
    return TorchNetwork(network.eval().to(device), int(network.scale), device)
