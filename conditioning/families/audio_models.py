"""Music and sound models."""

from __future__ import annotations

from .family import (
    CROSS_DIT,
    Family,
    TextAttention,
    TrainedLength,
    all_of,
    diffusers,
    raw_stream,
    sequence_stream,
    te,
)
from .roles import QWEN3_06B, T5_BASE, T5_GEMMA, UMT5_BASE

_STABLE_AUDIO = TrainedLength(
    128, "stable-audio-tools: T5Conditioner max_length (stable_audio_tools/models/conditioners.py)"
)
_STABLE_AUDIO_3 = TrainedLength(256, "Stable Audio 3: max_text_tokens (host: comfy/model_base.py)")
_ACE = TrainedLength(256, "ACE-Step trainer: text_max_length (ace-step/ACE-Step, trainer.py)")

_AUDIO_DIT = TextAttention(
    CROSS_DIT, False, "comfy/ldm/audio/dit.py: Attention rotates nothing where it has a context"
)

AUDIO = (
    Family(
        "stable_audio",
        "Stable Audio",
        (sequence_stream(T5_BASE, _STABLE_AUDIO),),
        te("sa_t5.SAT5Tokenizer"),
        masks_padding=True,
        attention=_AUDIO_DIT,
        sets=all_of(T5_BASE),
        automatic=all_of(T5_BASE),
        model_classes=("StableAudio",),
        loader_types=("stable_audio",),
    ),
    Family(
        "stable_audio_3",
        "Stable Audio 3",
        (sequence_stream(T5_GEMMA, _STABLE_AUDIO_3),),
        te("sa3.SAT5GemmaTokenizer"),
        attention=_AUDIO_DIT,
        loader_types=("stable_audio",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "ace",
        "ACE-Step",
        (
            sequence_stream(UMT5_BASE, _ACE),
            raw_stream("lyrics", "lyrics", note="Lyrics have a box of their own."),
        ),
        te("ace.AceT5Tokenizer"),
        conditioning_key="conditioning_lyrics",
        attention=TextAttention(
            CROSS_DIT,
            True,
            "comfy/ldm/ace/model.py: rotary_freqs_cis_cross rotates the keys of the text",
        ),
        sets=all_of(UMT5_BASE),
        automatic=all_of(UMT5_BASE),
        model_classes=("ACEStep",),
        loader_types=("ace",),
        tokenizer_in_file=True,
    ),
    Family(
        "ace15",
        "ACE-Step 1.5",
        (
            sequence_stream(QWEN3_06B, limit=diffusers(256, "ace_step/pipeline_ace_step.py", True)),
            sequence_stream(
                QWEN3_06B,
                limit=diffusers(2048, "ace_step/pipeline_ace_step.py", True),
                name="lyrics",
                title="lyrics",
                encoder="qwen3_06b",
            ),
            raw_stream("lm_prompt", "composer", False, "A language model makes audio codes of it."),
            raw_stream("lm_prompt_negative", "composer, negative", False),
        ),
        te("ace15.ACE15Tokenizer"),
        conditioning_key="conditioning_lyrics",
        attention=TextAttention(
            CROSS_DIT,
            False,
            "comfy/ldm/ace/ace_step15.py: the prompt's tokens get no positions (lyrics do, in "
            "AceStepLyricEncoder)",
        ),
        loader_types=("ace",),
        pair_types=("ace",),  # offered for two files by newer hosts only
        newer=True,
    ),
)
