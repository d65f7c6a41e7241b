"""The one table of image models: which of a prompt's token streams a generator really takes, which
encoders read them, how it reads the tokens, and how the host and our loader build it.

Read from the host's `comfy/text_encoders/*.py` and `comfy/sdxl_clip.py` (what an encoder hands
over), `comfy/sd.py` (`load_text_encoder_state_dicts`: which files become what),
`comfy/model_base.py` (what the generator takes of it) and `comfy/ldm/*/model.py` (how). The pooled
vector is taken by `encode_adm` of SDXL, SDXLRefiner, SD3, Flux, HunyuanVideo, HiDream and
Kandinsky5, and by `extra_conds` of StableCascade_C, StableCascade_B and, in newer hosts, Lumina2
(NewBie). All others ignore it. A tokenizer that is not in this table has no known layout: say so
rather than guess.
"""

from __future__ import annotations

from collections.abc import Sequence

from .audio_models import AUDIO
from .family import Family, StreamRule, TrainedLength
from .image_models import IMAGES
from .language_models import LANGUAGE_MODELS
from .roles import EncoderRole
from .video_models import VIDEOS

__all__ = [
    "FAMILIES",
    "ROLES",
    "Family",
    "StreamRule",
    "TrainedLength",
    "by_host_classes",
    "by_loader",
]

FAMILIES: dict[str, Family] = {
    family.name: family for family in (*IMAGES, *VIDEOS, *AUDIO, *LANGUAGE_MODELS)
}
ROLES: dict[str, EncoderRole] = {
    stream.role.name: stream.role
    for family in FAMILIES.values()
    for stream in family.streams
    if stream.role is not None
}
_FILE_COUNTS = {3: FAMILIES["sd3"], 4: FAMILIES["hidream"]}
"""What the host makes of three and of four files, whatever the type."""


def by_host_classes(tokenizer: str, model_mro: Sequence[str]) -> Family | None:
    """The family of a loaded CLIP: its tokenizer's class exactly and, where a family names classes
    of its model, one of the MRO.

    None: not in the table. A family with `stands_for`: the classes fit several, and only the user
    can tell which.
    """
    candidates = [
        family
        for family in FAMILIES.values()
        if tokenizer in family.tokenizers
        and (not family.clip_classes or any(name in model_mro for name in family.clip_classes))
    ]
    return max(candidates, key=lambda family: bool(family.stands_for), default=None)


def by_loader(clip_type: str, files: int) -> Family | None:
    """The family that a loader of this type and number of files gives whatever the files are; None
    if they decide.

    One file always decides: sd.py looks into it before it looks at the type (OpenCLIP-H becomes SD
    2.x under any type). So do two files of type ltxv.
    """
    if files == 2:
        kind = clip_type.lower()
        return next((family for family in FAMILIES.values() if kind in family.pair_types), None)
    return _FILE_COUNTS.get(files)
