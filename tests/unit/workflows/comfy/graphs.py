"""Workflows of ComfyUI in the API form, one per technique, and the same as UI forms."""

from typing import Any

from core.workflows.comfy.node_types import node_type

Api = dict[str, Any]


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def sampled(**changes: Any) -> dict[str, Any]:
    values = {
        "seed": 9,
        "steps": 20,
        "cfg": 7.5,
        "sampler_name": "dpmpp_2m",
        "scheduler": "karras",
        "denoise": 1,
        "model": ["4", 0],
        "positive": ["6", 0],
        "negative": ["7", 0],
        "latent_image": ["5", 0],
    }
    return node("KSampler", **{**values, **changes})


def advanced(start: int, end: int, **changes: Any) -> dict[str, Any]:
    values = {
        "add_noise": "disable" if start else "enable",
        "noise_seed": 9,
        "steps": 25,
        "cfg": 7.5,
        "sampler_name": "euler",
        "scheduler": "normal",
        "start_at_step": start,
        "end_at_step": end,
        "return_with_leftover_noise": "disable" if start else "enable",
        "model": ["4", 0],
        "positive": ["6", 0],
        "negative": ["7", 0],
        "latent_image": ["5", 0],
    }
    return node("KSamplerAdvanced", **{**values, **changes})


BASE: Api = {
    "4": node("CheckpointLoaderSimple", ckpt_name="SDXL/dream.safetensors"),
    "5": node("EmptyLatentImage", width=832, height=1216, batch_size=2),
    "6": node("CLIPTextEncode", text="a red house", clip=["4", 1]),
    "7": node("CLIPTextEncode", text="blur", clip=["4", 1]),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", filename_prefix="house", images=["8", 0]),
}
TEXT_TO_IMAGE: Api = {**BASE, "3": sampled()}
LORAS: Api = {
    **BASE,
    "3": sampled(model=["11", 0]),
    "10": node(
        "LoraLoader",
        lora_name="ink.safetensors",
        strength_model=0.8,
        strength_clip=0.8,
        model=["4", 0],
        clip=["4", 1],
    ),
    "11": node(
        "LoraLoaderModelOnly", lora_name="fast.safetensors", strength_model=1, model=["10", 0]
    ),
    "12": node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["10", 1]),
    "6": node("CLIPTextEncode", text="a red house", clip=["12", 0]),
    "13": node("VAELoader", vae_name="soft.safetensors"),
    "8": node("VAEDecodeTiled", samples=["3", 0], vae=["13", 0], tile_size=512, overlap=64),
}
REFINER: Api = {
    **BASE,
    "3": advanced(0, 20),
    "14": node("CheckpointLoaderSimple", ckpt_name="refiner.safetensors"),
    "16": node(
        "CLIPTextEncodeSDXLRefiner",
        ascore=6,
        width=1024,
        height=1024,
        text="a red house",
        clip=["14", 1],
    ),
    "17": node(
        "CLIPTextEncodeSDXLRefiner",
        ascore=2.5,
        width=1024,
        height=1024,
        text="blur",
        clip=["14", 1],
    ),
    "15": advanced(
        20, 10000, model=["14", 0], positive=["16", 0], negative=["17", 0], latent_image=["3", 0]
    ),
    "8": node("VAEDecode", samples=["15", 0], vae=["14", 2]),
}
REFINED: Api = {
    **BASE,
    "3": sampled(),
    "10": node("LatentUpscaleBy", upscale_method="nearest-exact", scale_by=1.5, samples=["3", 0]),
    "11": sampled(latent_image=["10", 0], denoise=0.5, seed=10),
    "8": node("VAEDecode", samples=["11", 0], vae=["4", 2]),
}
VARIATION: Api = {
    **BASE,
    "3": sampled(latent_image=["11", 0], denoise=0.6),
    "5": node("LoadImage", image="photo.png"),
    "10": node(
        "ImageScale",
        upscale_method="lanczos",
        width=768,
        height=512,
        crop="center",
        image=["5", 0],
    ),
    "11": node("VAEEncode", pixels=["10", 0], vae=["4", 2]),
}
INPAINT: Api = {
    **BASE,
    "3": sampled(latent_image=["12", 0]),
    "5": node("LoadImage", image="photo.png"),
    "10": node("LoadImageMask", image="mask.png", channel="red"),
    "11": node("InvertMask", mask=["10", 0]),
    "12": node(
        "VAEEncodeForInpaint", grow_mask_by=6, pixels=["5", 0], mask=["11", 0], vae=["4", 2]
    ),
}
INPAINT_MODEL: Api = {
    **BASE,
    "3": sampled(
        model=["20", 0], positive=["12", 0], negative=["12", 1], latent_image=["12", 2], denoise=0.9
    ),
    "5": node("LoadImage", image="photo.png"),
    "11": node("GrowMask", expand=10, tapered_corners=True, mask=["5", 1]),
    "12": node(
        "InpaintModelConditioning",
        noise_mask=True,
        positive=["6", 0],
        negative=["7", 0],
        vae=["4", 2],
        pixels=["5", 0],
        mask=["11", 0],
    ),
    "20": node("DifferentialDiffusion", strength=1.0, model=["4", 0]),
}
OUTPAINT: Api = {
    **BASE,
    "3": sampled(latent_image=["12", 0]),
    "5": node("LoadImage", image="photo.png"),
    "11": node(
        "ImagePadForOutpaint", left=0, top=0, right=256, bottom=64, feathering=40, image=["5", 0]
    ),
    "12": node(
        "VAEEncodeForInpaint", grow_mask_by=6, pixels=["11", 0], mask=["11", 1], vae=["4", 2]
    ),
}
FLUX: Api = {
    "4": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
    "2": node(
        "DualCLIPLoader",
        clip_name1="t5xxl_fp16.safetensors",
        clip_name2="clip_l.safetensors",
        type="flux",
        device="default",
    ),
    "1": node("VAELoader", vae_name="ae.safetensors"),
    "6": node("CLIPTextEncode", text="a red house", clip=["2", 0]),
    "10": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
    "11": node(
        "ModelSamplingFlux", max_shift=1.15, base_shift=0.5, width=1024, height=768, model=["4", 0]
    ),
    "12": node("BasicGuider", model=["11", 0], conditioning=["10", 0]),
    "13": node("KSamplerSelect", sampler_name="euler"),
    "14": node("BasicScheduler", scheduler="simple", steps=28, denoise=1, model=["11", 0]),
    "15": node("RandomNoise", noise_seed=9),
    "16": node("EmptySD3LatentImage", width=1024, height=768, batch_size=1),
    "3": node(
        "SamplerCustomAdvanced",
        noise=["15", 0],
        guider=["12", 0],
        sampler=["13", 0],
        sigmas=["14", 0],
        latent_image=["16", 0],
    ),
    "8": node("VAEDecode", samples=["3", 0], vae=["1", 0]),
    "9": node("PreviewImage", images=["8", 0]),
}
FLUX2: Api = {
    **FLUX,
    "2": node("CLIPLoader", clip_name="qwen.safetensors", type="flux2", device="default"),
    "14": node("Flux2Scheduler", steps=20, width=1024, height=768),
    "16": node("EmptyFlux2LatentImage", width=1024, height=768, batch_size=1),
    "12": node("CFGGuider", cfg=4, model=["4", 0], positive=["20", 0], negative=["7", 0]),
    "7": node("ConditioningZeroOut", conditioning=["6", 0]),
    "20": node("ReferenceLatent", conditioning=["6", 0], latent=["22", 0]),
    "21": node("LoadImage", image="photo.png"),
    "22": node("VAEEncode", pixels=["21", 0], vae=["1", 0]),
}
KONTEXT: Api = {
    **FLUX,
    "21": node("LoadImage", image="photo.png"),
    "23": node("FluxKontextImageScale", image=["21", 0]),
    "22": node("VAEEncode", pixels=["23", 0], vae=["1", 0]),
    "20": node("ReferenceLatent", conditioning=["6", 0], latent=["22", 0]),
    "10": node("FluxGuidance", guidance=2.5, conditioning=["20", 0]),
    "7": node("ConditioningZeroOut", conditioning=["6", 0]),
    "3": sampled(
        model=["4", 0],
        positive=["10", 0],
        negative=["7", 0],
        latent_image=["22", 0],
        cfg=1,
        sampler_name="euler",
        scheduler="simple",
    ),
}
QWEN: Api = {
    "4": node("UNETLoader", unet_name="qwen_edit.safetensors", weight_dtype="default"),
    "2": node("CLIPLoader", clip_name="qwen.safetensors", type="qwen_image", device="default"),
    "1": node("VAELoader", vae_name="qwen_vae.safetensors"),
    "21": node("LoadImage", image="a.png"),
    "22": node("LoadImage", image="b.png"),
    "6": node(
        "TextEncodeQwenImageEditPlus",
        prompt="swap them",
        clip=["2", 0],
        vae=["1", 0],
        image1=["21", 0],
        image2=["22", 0],
    ),
    "7": node("TextEncodeQwenImageEdit", prompt="", clip=["2", 0], vae=["1", 0], image=["21", 0]),
    "11": node("ModelSamplingAuraFlow", shift=3.0, model=["4", 0]),
    "5": node("VAEEncode", pixels=["21", 0], vae=["1", 0]),
    "3": sampled(model=["11", 0], cfg=2.5, sampler_name="euler", scheduler="simple"),
    "8": node("VAEDecode", samples=["3", 0], vae=["1", 0]),
    "9": node("SaveImage", filename_prefix="edit", images=["8", 0]),
}
SD3: Api = {
    **BASE,
    "2": node(
        "TripleCLIPLoader",
        clip_name1="clip_g.safetensors",
        clip_name2="clip_l.safetensors",
        clip_name3="t5.safetensors",
    ),
    "5": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
    "6": node(
        "CLIPTextEncodeSD3",
        clip_l="a red house",
        clip_g="a red house",
        t5xxl="a red house at night",
        empty_padding="none",
        clip=["2", 0],
    ),
    "11": node("ModelSamplingSD3", shift=3.0, model=["4", 0]),
    "3": sampled(model=["11", 0], cfg=4.5, sampler_name="euler", scheduler="sgm_uniform"),
}
TURBO: Api = {
    **BASE,
    "6": node(
        "CLIPTextEncodeSDXL",
        width=1024,
        height=1024,
        crop_w=0,
        crop_h=0,
        target_width=1024,
        target_height=1024,
        text_g="a red house",
        text_l="a red house",
        clip=["4", 1],
    ),
    "13": node("KSamplerSelect", sampler_name="euler_ancestral"),
    "14": node("SDTurboScheduler", steps=1, denoise=1, model=["4", 0]),
    "3": node(
        "SamplerCustom",
        add_noise=True,
        noise_seed=9,
        cfg=1,
        model=["4", 0],
        positive=["6", 0],
        negative=["7", 0],
        sampler=["13", 0],
        sigmas=["14", 0],
        latent_image=["5", 0],
    ),
}
CONTROLLED: Api = {
    **BASE,
    "5": node("LoadImage", image="photo.png"),
    "10": node("Canny", low_threshold=0.4, high_threshold=0.8, image=["5", 0]),
    "11": node("ControlNetLoader", control_net_name="canny.safetensors"),
    "12": node(
        "ControlNetApplyAdvanced",
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
        positive=["6", 0],
        negative=["7", 0],
        control_net=["11", 0],
        image=["10", 0],
    ),
    "16": node("EmptyLatentImage", width=512, height=512, batch_size=1),
    "3": sampled(positive=["12", 0], negative=["12", 1], latent_image=["16", 0]),
}
UNKNOWN: Api = {
    **CONTROLLED,
    "10": node("Canny", low_threshold=0.4, high_threshold=0.8, image=["17", 0]),
    "17": node("GlowEffect", image=["5", 0]),
}
UPSCALED: Api = {
    **BASE,
    "3": sampled(),
    "10": node("UpscaleModelLoader", model_name="4x-UltraSharp.safetensors"),
    "11": node("ImageUpscaleWithModel", upscale_model=["10", 0], image=["8", 0]),
    "12": node("ImageScaleBy", upscale_method="lanczos", scale_by=2, image=["11", 0]),
    "9": node("SaveImage", filename_prefix="large", images=["12", 0]),
}
GRAPHS: dict[str, Api] = {
    "text to image": TEXT_TO_IMAGE,
    "LoRAs": LORAS,
    "base and refiner": REFINER,
    "refined": REFINED,
    "variation": VARIATION,
    "inpaint": INPAINT,
    "inpaint model": INPAINT_MODEL,
    "outpaint": OUTPAINT,
    "FLUX.1": FLUX,
    "FLUX.2": FLUX2,
    "Kontext": KONTEXT,
    "Qwen": QWEN,
    "SD 3": SD3,
    "turbo": TURBO,
    "ControlNet": CONTROLLED,
    "upscaled": UPSCALED,
}
_SEEDS = ("seed", "noise_seed")


def ui_of(api: Api, *, rerouted: bool = False) -> dict[str, Any]:
    """The UI form of a graph; `rerouted` puts a reroute into every link, a primitive before every
    `steps`, and adds a note."""
    nodes: list[dict[str, Any]] = []
    links: list[list[Any]] = []
    free = max(map(int, api)) + 1
    for key, record in api.items():
        inputs: list[dict[str, Any]] = []
        for name, value in record["inputs"].items():
            if not _is_link(value):
                continue
            origin, slot = int(value[0]), value[1]
            if rerouted:
                nodes.append(_ui_node(free, "Reroute", [{"name": "", "type": "*", "link": 1}]))
                links.append([len(links) + 1, origin, slot, free, 0, "*"])
                origin, slot, free = free, 0, free + 1
            links.append([len(links) + 1, origin, slot, int(key), len(inputs), "*"])
            inputs.append({"name": name, "type": "*", "link": len(links)})
        values = _widget_values(record)
        if rerouted and "steps" in record["inputs"]:
            primitive = _ui_node(free, "PrimitiveNode", [])
            primitive["widgets_values"] = [record["inputs"]["steps"], "fixed"]
            nodes.append(primitive)
            links.append([len(links) + 1, free, 0, int(key), len(inputs), "INT"])
            slot_record = {"name": "steps", "type": "INT", "widget": {"name": "steps"}}
            inputs.append({**slot_record, "link": len(links)})
            free += 1
        made = _ui_node(int(key), record["class_type"], inputs)
        nodes.append({**made, "widgets_values": values})
    if rerouted:
        nodes.append({**_ui_node(free, "Note", []), "widgets_values": ["Mind the gap."]})
    return {"nodes": nodes, "links": links, "groups": [], "extra": {}, "version": 0.4}


def _ui_node(node_id: int, name: str, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": node_id, "type": name, "mode": 0, "inputs": inputs, "outputs": []}


def _widget_values(record: dict[str, Any]) -> list[Any]:
    values = []
    for name in node_type(record["class_type"]).widgets:
        if name in record["inputs"]:
            values += [record["inputs"][name], *(["randomize"] if name in _SEEDS else [])]
    return values


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], int)
