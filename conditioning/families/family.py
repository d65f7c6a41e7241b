"""The form of a family: what one image model takes of its text encoders, and where that stands.

A family is added by one entry in `images.py`, `videos.py`, `audio.py` or `language_models.py`, and
nothing else: fits, loaders' roles, conditioning shapes and the probe's advice are derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from .roles import EncoderRole

UNET = "U-Net"
CROSS_DIT = "cross-attention DiT"
"""A diffusion transformer whose image tokens look at the text tokens by cross-attention."""
JOINT = "joint-attention DiT"
"""A diffusion transformer in which text and image tokens meet in one attention, in streams of their
own (MM-DiT) or in a single one.
"""
DIT = "diffusion transformer"
"""One of the two kinds before, where the family stands for models of both."""
DECODER = "decoder-only transformer"
"""A language model that reads the prompt's tokens itself and draws the image tokens behind them."""
TRANSFORMERS = (CROSS_DIT, JOINT, DIT, DECODER)
RoleSet = tuple[str, ...]
"""Names of roles, sorted."""


@dataclass(frozen=True)
class TrainedLength:
    """How many tokens, content and specials as the source counts them, and which source says so."""

    tokens: int
    source: str
    with_template: bool = False
    """The figure counts the chat template around the prompt too."""


@dataclass(frozen=True)
class TextAttention:
    """How a generator reads the tokens of a prompt."""

    generator: str | None
    """One of the kinds above; None: not known."""
    ordered: bool | None
    """The generator gives text tokens positions of their own, or reads them one after the other;
    False: it reads an unordered set. None: not known.
    """
    source: str
    """Where that stands, or why it is not known. Paths are the host's."""


UNKNOWN_ATTENTION = TextAttention(None, None, "")


@dataclass(frozen=True)
class StreamRule:
    """What becomes of one of the host's token streams."""

    name: str
    title: str
    sequence: bool
    pooled: bool
    encoder: str
    """Attribute of cond_stage_model; "" where the generator embeds the tokens itself."""
    trained_length: TrainedLength | None = None
    reference_limit: TrainedLength | None = None
    note: str = ""
    mask_used: bool = True
    """The generator is told which positions the encoder's attention mask hides."""
    role: EncoderRole | None = None
    """Which text encoder reads it; None where `encoder` is empty."""
    projected: bool = False
    """Its pooled vector passes the encoder's text projection, which then cannot be missing."""

    @property
    def taken(self) -> bool:
        """Whether the generator takes something of it."""
        return self.sequence or self.pooled


_LOADERS = {1: "CLIPLoader", 2: "DualCLIPLoader", 3: "TripleCLIPLoader", 4: "QuadrupleCLIPLoader"}


@dataclass(frozen=True)
class Family:
    """One image model. Streams stand in the order of their sequences in the conditioning."""

    name: str
    title: str
    streams: tuple[StreamRule, ...]
    tokenizers: tuple[str, ...]
    """Classes of the host's tokenizers."""
    clip_classes: tuple[str, ...] = ()
    """Classes of the host's text encoder model, where the tokenizer's class is not enough."""
    attention: TextAttention = UNKNOWN_ATTENTION
    masks_padding: bool = False
    """The host's encoders hide padding from themselves, and from the generator or as zeros."""
    side_by_side: tuple[str, ...] = ()
    """Streams whose sequences lie side by side, row by row, cut to the shortest; all others follow
    along the tokens.
    """
    sets: tuple[RoleSet, ...] = ()
    """Sets of roles from which `Load Text Encoders` builds it; empty where only the host can."""
    automatic: tuple[RoleSet, ...] = ()
    """Those of the sets from which it is built unless another family is chosen."""
    model_classes: tuple[str, ...] = ()
    """Classes of the host's `supported_models.py`, ComfyUI 0.3.75."""
    loader_types: tuple[str, ...] = ()
    """Types of the host's loaders that give it, the one to recommend first; empty where its files
    decide whatever the type.
    """
    pair_types: tuple[str, ...] = ()
    """Types under which the host's `DualCLIPLoader` makes this of any two files."""
    note: str = ""
    conditioning_width: int | None = None
    """Width of the conditioning's rows where it is not that of an encoder or of `side_by_side`:
    several layers side by side, a projection, or one encoder's sequence beside another's in a key.
    """
    width_in_file: bool = False
    """The width of the rows is that of a projection, whose file alone tells it."""
    conditioning_key: str = ""
    """A key that its conditionings always have and that tells it from others of the same width."""
    tokenizer_in_file: bool = False
    stands_for: tuple[str, ...] = ()
    """Families that the host's classes cannot tell apart."""
    newer: bool = False
    """Not in ComfyUI 0.3.75; read from newer sources."""

    @property
    def host_loader(self) -> str:
        """The loader of the host that is right for this family, in words."""
        encoders = {stream.encoder for stream in self.streams if stream.encoder and stream.taken}
        loader = _LOADERS[max(len(encoders), 1 + bool(self.pair_types))]
        if not self.loader_types:
            return loader
        return f"{loader} with type {self.loader_types[0]}"


def te(*classes: str) -> tuple[str, ...]:
    """Full names of classes in the host's `comfy/text_encoders`."""
    return tuple("comfy.text_encoders." + name for name in classes)


def diffusers(tokens: int, path: str, with_template: bool = False) -> TrainedLength:
    """A limit of the reference pipeline in diffusers."""
    source = f"diffusers cuts here by default (pipelines/{path})"
    return TrainedLength(tokens, source, with_template)


# `max_position_embeddings` of the host's sd1_clip_config.json, clip_config_bigg.json and
# sd2_clip_config.json, too.
CLIP_POSITIONS = TrainedLength(
    77, "CLIP has 77 positions, start and end included (openai/CLIP, clip/clip.py: context_length)"
)
FIRST_WINDOW = "Only the pooled vector of the first window is used; its sequence is thrown away."


def clip_stream(
    role: EncoderRole,
    *,
    sequence: bool = True,
    pooled: bool = False,
    projected: bool = False,
    note: str = "",
    limit: TrainedLength = CLIP_POSITIONS,
) -> StreamRule:
    """A CLIP stream: the host windows it, reference pipelines cut it."""
    return StreamRule(
        role.size,
        role.short,
        sequence,
        pooled,
        role.name,
        reference_limit=limit,
        note=note,
        role=role,
        projected=projected,
    )


def pooled_clip(
    role: EncoderRole, projected: bool = False, limit: TrainedLength = CLIP_POSITIONS
) -> StreamRule:
    """A CLIP stream of which only the pooled vector is taken."""
    return clip_stream(
        role, sequence=False, pooled=True, projected=projected, note=FIRST_WINDOW, limit=limit
    )


def sequence_stream(
    role: EncoderRole,
    trained: TrainedLength | None = None,
    limit: TrainedLength | None = None,
    *,
    name: str = "",
    title: str = "",
    encoder: str = "",
    note: str = "",
    mask_used: bool = True,
) -> StreamRule:
    """A stream of which only the sequence is taken. Name, title and the encoder's attribute mostly
    are the role's.
    """
    name = name or role.name
    return StreamRule(
        name,
        title or role.short,
        True,
        False,
        encoder or name,
        trained,
        limit or trained,
        note,
        mask_used,
        role,
    )


def raw_stream(name: str, title: str, sequence: bool = True, note: str = "") -> StreamRule:
    """A stream without an encoder: the generator embeds the tokens itself, or does not get them."""
    return StreamRule(name, title, sequence, False, "", note=note)


def any_of(*roles: EncoderRole) -> tuple[RoleSet, ...]:
    """Every set of these roles that is not empty."""
    names = [role.name for role in roles]
    return tuple(
        tuple(sorted(some))
        for count in range(1, len(names) + 1)
        for some in combinations(names, count)
    )


def all_of(*roles: EncoderRole) -> tuple[RoleSet, ...]:
    """The one set of these roles."""
    return (tuple(sorted(role.name for role in roles)),)
