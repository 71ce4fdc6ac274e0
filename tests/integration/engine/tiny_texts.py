"""Tokenizers and text encoders of tiny models: built in code, random weights, nothing fetched."""

from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2TokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLModel,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{m['role']}}\n{{m['content']}}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m['role']=='system' %}[SYSTEM_PROMPT]"
    "{{ m['content'] if m['content'] is string else m['content'][0]['text'] }}[/SYSTEM_PROMPT]"
    "{% elif m['role']=='user' %}[INST]{% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for c in m['content'] %}{% if c['type']=='text' %}{{ c['text'] }}"
    "{% else %}[IMG]{% endif %}{% endfor %}{% endif %}[/INST]{% else %}"
    "{{ m['content'] if m['content'] is string else m['content'][0]['text'] }}{{ eos_token }}"
    "{% endif %}{% endfor %}"
)
MISTRAL_SPECIAL = [
    *("<unk>", "<s>", "</s>", "<pad>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
    *("[IMG]", "[IMG_BREAK]", "[IMG_END]"),
]


def _bytes() -> list[str]:
    return sorted(ByteLevel.alphabet())


def clip_tokenizer() -> Any:
    """514 tokens: each byte inside a word and at its end."""
    letters = _bytes()
    tokens = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    vocab = {token: i for i, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77)


def t5_tokenizer() -> Any:
    """98 pieces: each printable character."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(chr(code), -3.0) for code in range(33, 127)]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)


def qwen_vision_tokenizer() -> Any:
    """264 tokens: with the marks of images, whose numbers the vision models have."""
    tokenizer = qwen_tokenizer()
    marks = ["<|object|>", "<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"]
    tokenizer.add_special_tokens(
        {"additional_special_tokens": ["<|im_start|>", "<|im_end|>", *marks]}
    )
    return tokenizer


def qwen_tokenizer() -> Any:
    """259 tokens: each byte, and the marks of a chat."""
    tokens = [*_bytes(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Qwen2TokenizerFast(
        vocab={token: i for i, token in enumerate(tokens)},
        merges=[],
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        model_max_length=512,
    )
    tokenizer.chat_template = QWEN_TEMPLATE
    return tokenizer


def mistral_tokenizer() -> Any:
    """267 tokens: each byte, and the marks of a chat."""
    vocab = {token: i for i, token in enumerate(MISTRAL_SPECIAL + _bytes())}
    core = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(mark, special=True) for mark in MISTRAL_SPECIAL])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        padding_side="left",
        model_max_length=512,
    )
    tokenizer.chat_template = MISTRAL_TEMPLATE
    return tokenizer


def clip_text(projection: int | None = None) -> Any:
    """Width 32, two layers; with `projection` the kind that SDXL and SD3 add."""
    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        projection_dim=projection or 32,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=1,
        hidden_act="gelu",
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config)


def t5_text(width: int) -> Any:
    """One layer."""
    return T5EncoderModel(
        T5Config(
            vocab_size=128,
            d_model=width,
            d_kv=8,
            d_ff=64,
            num_layers=1,
            num_heads=4,
            relative_attention_num_buckets=8,
            feed_forward_proj="gated-gelu",
        )
    )


_SMALL = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
}


def qwen_text() -> Any:
    """28 layers, so that the pipeline's own choice of layers exists."""
    return Qwen3ForCausalLM(
        Qwen3Config(
            **_SMALL,
            vocab_size=264,
            num_hidden_layers=28,
            max_position_embeddings=1024,
            bos_token_id=256,
            eos_token_id=258,
            pad_token_id=256,
        )
    )


def qwen3_vl_text(kind: Any = Qwen3VLModel, layers: int = 36) -> Any:
    """36 layers, so that the taps of Krea 2 exist, and the least vision tower."""
    text = {
        **_SMALL,
        "vocab_size": 264,
        "num_hidden_layers": layers,
        "max_position_embeddings": 1024,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": [2, 1, 1],
            "mrope_interleaved": True,
        },
        "bos_token_id": 256,
        "eos_token_id": 258,
        "pad_token_id": 256,
    }
    vision = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_heads": 2,
        "out_hidden_size": 16,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    }
    marks = {"image_token_id": 260, "video_token_id": 261}
    ends = {"vision_start_token_id": 262, "vision_end_token_id": 263}
    return kind(Qwen3VLConfig(text_config=text, vision_config=vision, **marks, **ends))


def qwen2_5_vl_text() -> Any:
    """Two layers, and the least vision tower."""
    text = {
        **_SMALL,
        "vocab_size": 264,
        "num_hidden_layers": 2,
        "max_position_embeddings": 1024,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": [2, 1, 1],
        },
        "bos_token_id": 256,
        "eos_token_id": 258,
        "pad_token_id": 256,
    }
    vision = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_heads": 2,
        "out_hidden_size": 16,
        "fullatt_block_indexes": [0],
    }
    marks = {"image_token_id": 260, "video_token_id": 261}
    ends = {"vision_start_token_id": 262, "vision_end_token_id": 263}
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, **marks, **ends)
    return Qwen2_5_VLForConditionalGeneration(config)


def mistral_text() -> Any:
    """31 layers, so that the pipeline's own choice of layers exists."""
    text = {
        **_SMALL,
        "model_type": "mistral",
        "vocab_size": 267,
        "num_hidden_layers": 31,
        "max_position_embeddings": 2048,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 3,
    }
    vision = {
        "model_type": "pixtral",
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "head_dim": 16,
        "image_size": 32,
        "patch_size": 8,
        "num_channels": 3,
    }
    config = Mistral3Config(
        image_token_index=8, spatial_merge_size=1, text_config=text, vision_config=vision
    )
    return Mistral3ForConditionalGeneration(config)
