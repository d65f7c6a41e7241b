"""The four workflows of mixing, used by `make`: they run on the miniatures, and on an
artist's own files when the bypassed loaders take the miniature's place.
"""

from __future__ import annotations

from .workflow_parts import Group, Link, Note, PlacedNode, Recipe

ENCODE, ASSEMBLE, MIX, INSPECT = (
    f"EncoderScope_{name}" for name in ("EncodeStates", "Assemble", "Mix", "InspectConditioning")
)
PROMPT = "a red car next to a blue house, morning fog, film grain"
STYLE = "oil painting, thick brush strokes, warm evening light"
UNWANTED = "blurry, low quality"
CONTENT = "a lighthouse on a cliff, three gulls, a small white boat"
CLIP_L, T5_XXL = "clip_l.safetensors", "t5xxl_fp16.safetensors"
FILES = {
    "text_encoders": (CLIP_L, "clip_g.safetensors", T5_XXL),
    "diffusion_models": ("flux1-dev.safetensors",),
    "vae": ("ae.safetensors",),
    "checkpoints": (
        "sd3.5_medium.safetensors",
        "sd_xl_base_1.0.safetensors",
        "v1-5-pruned-emaonly-fp16.safetensors",
    ),
}
"""Names that artists have; the lists of the editor hold them while the workflows are made."""
NOTES = {
    "flux": """## Does CLIP-L do anything in FLUX.1?
FLUX.1 reads CLIP-L only through one *pooled* vector, which steers every block; of T5 it reads every token.

1. Press **Run**. **pooled** is 2 here; *What Is in This Conditioning?* tells how far the mix is from the plain prompt.
2. Set **pooled** to 1: that is *CLIP Text Encode*, bit for bit. Set it to 0: CLIP-L reads the empty prompt.
3. Do the same with **t5_sequence**.

Strength 0 is the baseline, here the empty prompt on the left; without one it is zeros.
""",
    "sd3": """## SD3: blank, zeros and absent are not the same
Set **t5** in *Assemble Conditioning*:

- **use**: as encoded. **empty prompt**: T5 reads nothing, but its rows are there.
- **zeros**: its rows are zero. **absent**: its rows are gone, as if T5 had not been loaded.

Then weigh the parts in *Mix*. With **t5_end** at 0.5 T5 is used in the first half of the steps only.
""",
    "sdxl": """## SDXL: style from one prompt, content from another
The *pooled* vector (CLIP-G's) colours the whole picture, the sequence says what is in it.

**pooled_from** takes the style, **sequence_from** the content. Turn **pooled** up or down; *norm-preserving* turns the
vector without making it longer, and needs a baseline.
""",
    "sd15": """## SD 1.5: what is in the conditioning?
*Encode (open the box)* gives what *CLIP Text Encode* gives, and shows every token's strength, window by window.

SD 1.5 reads the sequence only: its pooled vector is made, but not used. So **pooled** of *Mix* would do nothing here.
""",
}
WITH_OWN_FILES = """
Tiny encoders that come with EncoderScope play the real ones; they know few words.

**With your own files**: select the bypassed (purple) nodes above and press **Ctrl+B**. Connect the loader's **CLIP** in
place of the miniature's, and take the miniature out.
"""

HIGH = 880
"""Of a card."""
TOP, BELOW = 40, 1070
"""Where the cards stand, and the nodes that need an artist's files."""


def column(place: int) -> tuple[int, int]:
    """Where the card of this column stands."""
    return 440 + 540 * place, TOP


def frame(title: str, place: int) -> Group:
    """The group of one column."""
    return Group(title, (420 + 540 * place, -20), (520, 1000))


def loaded(family: str, empty: str = "") -> dict[str, PlacedNode]:
    """The miniature that plays the encoders of a family, and a second prompt."""
    widgets = {"miniature": "mini-CLIP-hard", "family": family}
    return {
        "encoder": PlacedNode("EncoderScope_LoadMiniature", (20, TOP), (360, 170), widgets),
        "second": PlacedNode("CLIPTextEncode", (20, 260), (360, 120), {"text": empty}),
    }


def own_files(cfg: float, latent: str, side: int) -> dict[str, PlacedNode]:
    """What draws a picture with an artist's files, but for their loaders."""
    return {
        "latent": PlacedNode(latent, (780, BELOW), (300, 110), {"width": side, "height": side}),
        "sampler": PlacedNode(
            "KSampler",
            (1120, BELOW),
            (320, 262),
            {
                "seed": 7,
                "control_after_generate": "fixed",
                "steps": 24,
                "cfg": cfg,
                "sampler_name": "euler",
                "scheduler": "simple",
            },
        ),
        "decode": PlacedNode("VAEDecode", (1480, BELOW), (200, 46)),
        "save": PlacedNode("SaveImage", (1720, BELOW), (320, 262)),
    }


CHECKPOINT, TWO_ENCODERS = "CheckpointLoaderSimple", "DualCLIPLoader"
LOADER_AT, SECOND_LOADER_AT = (20, BELOW), (400, BELOW)


def sampling(model: str, vae: str, positive: str, negative: str = "second") -> tuple[Link, ...]:
    """The links of :func:`own_files`, and which nodes it takes its inputs from."""
    return (
        (model, "MODEL", "sampler", "model"),
        (positive, "CONDITIONING", "sampler", "positive"),
        (negative, "CONDITIONING", "sampler", "negative"),
        ("latent", "LATENT", "sampler", "latent_image"),
        ("sampler", "LATENT", "decode", "samples"),
        (vae, "VAE", "decode", "vae"),
        ("decode", "IMAGE", "save", "images"),
    )


def recipe(
    name: str, nodes: dict[str, PlacedNode], links: tuple[Link, ...], *frames: Group
) -> Recipe:
    """One workflow: its note, its groups, and what is bypassed in it."""
    return Recipe(
        nodes=nodes,
        links=links,
        notes=(Note(NOTES[name] + WITH_OWN_FILES, (20, 1480), (2020, 260)),),
        groups=(
            Group("Load", (0, -20), (400, 440)),
            *frames,
            Group("Draw with your own files (bypassed)", (0, 1000), (2060, 420)),
        ),
        canvas=(2080, 1770),
        scale=0.64,
        bypassed=tuple(each for each, node in nodes.items() if node.at[1] >= BELOW),
    )


FLUX = recipe(
    "flux",
    {
        **loaded("flux"),
        "encode": PlacedNode(ENCODE, column(0), (480, HIGH), {"text": PROMPT}),
        "mix": PlacedNode(MIX, column(1), (480, HIGH), {"pooled": 2.0}),
        "inspect": PlacedNode(INSPECT, column(2), (480, HIGH)),
        "clip": PlacedNode(
            TWO_ENCODERS,
            LOADER_AT,
            (340, 130),
            {"clip_name1": CLIP_L, "clip_name2": T5_XXL, "type": "flux"},
        ),
        "model": PlacedNode(
            "UNETLoader", SECOND_LOADER_AT, (340, 90), {"unet_name": "flux1-dev.safetensors"}
        ),
        "vae": PlacedNode(
            "VAELoader", (400, BELOW + 150), (340, 60), {"vae_name": "ae.safetensors"}
        ),
        "guidance": PlacedNode("FluxGuidance", (780, BELOW + 200), (300, 60)),
        **own_files(1.0, "EmptySD3LatentImage", 1024),
    },
    (
        ("encoder", "CLIP", "encode", "clip"),
        ("encoder", "CLIP", "second", "clip"),
        ("encode", "CONDITIONING", "mix", "pooled_from"),
        ("encode", "CONDITIONING", "mix", "sequence_from"),
        ("second", "CONDITIONING", "mix", "baseline"),
        ("mix", "CONDITIONING", "inspect", "conditioning"),
        ("encode", "CONDITIONING", "inspect", "compare_with"),
        ("mix", "CONDITIONING", "guidance", "conditioning"),
        *sampling("model", "vae", "guidance"),
    ),
    frame("Encode", 0),
    frame("Weigh CLIP against T5", 1),
    frame("What changed", 2),
)
SD3 = recipe(
    "sd3",
    {
        **loaded("sd3"),
        "encode": PlacedNode(ENCODE, column(0), (480, HIGH), {"text": PROMPT}),
        "assemble": PlacedNode(ASSEMBLE, column(1), (480, HIGH), {"t5": "empty prompt"}),
        "mix": PlacedNode(MIX, column(2), (480, HIGH), {"t5_end": 0.5}),
        "clip": PlacedNode(
            "TripleCLIPLoader",
            LOADER_AT,
            (340, 110),
            {f"clip_name{i}": name for i, name in enumerate(FILES["text_encoders"], 1)},
        ),
        "model": PlacedNode(
            CHECKPOINT, SECOND_LOADER_AT, (340, 110), {"ckpt_name": "sd3.5_medium.safetensors"}
        ),
        **own_files(4.5, "EmptySD3LatentImage", 1024),
    },
    (
        ("encoder", "CLIP", "encode", "clip"),
        ("encoder", "CLIP", "second", "clip"),
        ("encode", "states", "assemble", "states"),
        ("assemble", "CONDITIONING", "mix", "pooled_from"),
        ("assemble", "CONDITIONING", "mix", "sequence_from"),
        *sampling("model", "model", "mix"),
    ),
    frame("Encode", 0),
    frame("Use, empty, zeros or absent", 1),
    frame("Weigh the parts", 2),
)
SDXL = recipe(
    "sdxl",
    {
        **loaded("sdxl"),
        "style": PlacedNode(ENCODE, column(0), (480, HIGH), {"text": STYLE}),
        "content": PlacedNode(ENCODE, column(1), (480, HIGH), {"text": CONTENT}),
        "mix": PlacedNode(MIX, column(2), (480, HIGH), {"pooled": 1.0}),
        "model": PlacedNode(
            CHECKPOINT, LOADER_AT, (340, 110), {"ckpt_name": "sd_xl_base_1.0.safetensors"}
        ),
        **own_files(7.0, "EmptyLatentImage", 1024),
    },
    (
        ("encoder", "CLIP", "style", "clip"),
        ("encoder", "CLIP", "content", "clip"),
        ("encoder", "CLIP", "second", "clip"),
        ("style", "CONDITIONING", "mix", "pooled_from"),
        ("content", "CONDITIONING", "mix", "sequence_from"),
        ("second", "CONDITIONING", "mix", "baseline"),
        *sampling("model", "model", "mix"),
    ),
    frame("Style: its pooled vector", 0),
    frame("Content: its sequence", 1),
    frame("Mix", 2),
)
SD15 = recipe(
    "sd15",
    {
        **loaded("sd1", UNWANTED),
        "encode": PlacedNode(ENCODE, column(0), (480, HIGH), {"text": PROMPT}),
        "inspect": PlacedNode(INSPECT, column(1), (480, HIGH)),
        "model": PlacedNode(
            CHECKPOINT, LOADER_AT, (340, 110), {"ckpt_name": "v1-5-pruned-emaonly-fp16.safetensors"}
        ),
        **own_files(7.0, "EmptyLatentImage", 512),
    },
    (
        ("encoder", "CLIP", "encode", "clip"),
        ("encoder", "CLIP", "second", "clip"),
        ("encode", "CONDITIONING", "inspect", "conditioning"),
        ("second", "CONDITIONING", "inspect", "compare_with"),
        *sampling("model", "model", "inspect"),
    ),
    frame("Encode", 0),
    frame("Look inside", 1),
)
RECIPES = {"flux_pooled_vs_t5": FLUX, "sd3_mix": SD3, "sdxl_mix": SDXL, "sd15_clip": SD15}
