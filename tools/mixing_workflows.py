"""The four workflows of mixing, used by `make_workflows`. Their cards show real reports of narrow
encoders: no model file is at hand.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ENCODE, ASSEMBLE, MIX, INSPECT = (
    f"EncoderScope_{name}" for name in ("EncodeStates", "Assemble", "Mix", "InspectConditioning")
)
PROMPT = "a red car next to a blue house, morning fog, film grain"
STYLE = "oil painting, thick brush strokes, warm evening light"
UNWANTED = "blurry, low quality"
CONTENT = "a lighthouse on a cliff, three gulls, a small white boat"
FILES = {
    "text_encoders": ("clip_l.safetensors", "clip_g.safetensors", "t5xxl_fp16.safetensors"),
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
FLUX.1 hears CLIP-L only through one *pooled* vector, which steers every block; T5 speaks word by word.

1. Press **Run**: with every strength at 1 the picture is the same as with *CLIP Text Encode*, bit for bit.
2. Set **pooled** to 0 (the empty prompt), then to 2. Then do the same with **t5_sequence**.
3. *What Is in This Conditioning?* tells how far the mix is from the plain prompt.

Strength 0 is the baseline on the left; without one it is zeros.
""",
    "sd3": """## SD3: blank, zeros and absent are not the same
Set **t5** in *Assemble Conditioning*:

- **use**: as encoded. **empty prompt**: T5 reads nothing, but its rows are there.
- **zeros**: its rows are zero. **absent**: its rows are gone, as if T5 had not been loaded.

Then weigh the parts in *Mix*. With **t5_end** at 0.5 T5 is heard in the first half of the steps only.
""",
    "sdxl": """## SDXL: style from one prompt, content from another
The *pooled* vector (CLIP-G's) colours the whole picture, the sequence says what is in it.

**pooled_from** hears the style, **sequence_from** the content. Turn **pooled** up or down; *norm-preserving* turns the
vector without making it longer, and needs a baseline.
""",
    "sd15": """## SD 1.5: what is in the conditioning?
*Encode (open the box)* gives what *CLIP Text Encode* gives, and shows every token's strength, window by window.

SD 1.5 reads the sequence only: its pooled vector is made, but nobody listens. So **pooled** of *Mix* would do nothing here.
""",
}


class Group(NamedTuple):
    title: str
    at: tuple[int, int]
    size: tuple[int, int]


WIDE, TALL, SHORT = 500, 1110, 790
_LOAD, _ENCODE = Group("Load", (20, 20), (380, 620)), Group("Encode", (420, 20), (520, 1210))


def flux(editor: Any) -> tuple[int, int]:
    clip = editor.add(
        "DualCLIPLoader",
        (40, 80),
        clip_name1="clip_l.safetensors",
        clip_name2="t5xxl_fp16.safetensors",
        type="flux",
    )
    model = editor.add("UNETLoader", (40, 260), unet_name="flux1-dev.safetensors")
    vae = editor.add("VAELoader", (40, 388), vae_name="ae.safetensors")
    empty = editor.add("CLIPTextEncode", (40, 512), text="")
    note(editor, (20, 680), (380, 550), "flux")
    encode = editor.add(ENCODE, (440, 80), text=PROMPT)
    mix, seen = editor.add(MIX, (960, 80), pooled=2.0), editor.add(INSPECT, (1500, 80))
    guidance = editor.add("FluxGuidance", (980, 1130))
    latent = editor.add("EmptySD3LatentImage", (980, 970))
    finish(
        editor,
        (1340, 970),
        model=model,
        vae=vae,
        negative=empty,
        latent=latent,
        positive=guidance,
        cfg=1.0,
    )
    for end in (encode, empty):
        editor.link(clip, "CLIP", end, "clip")
    for name in ("pooled_from", "sequence_from"):
        editor.link(encode, "CONDITIONING", mix, name)
    editor.link(empty, "CONDITIONING", mix, "baseline")
    editor.link(mix, "CONDITIONING", guidance, "conditioning")
    editor.link(mix, "CONDITIONING", seen, "conditioning")
    editor.link(encode, "CONDITIONING", seen, "compare_with")
    sizes(editor, {clip: (340, 120), model: (340, 90), vae: (340, 60), empty: (340, 120)})
    sizes(editor, {encode: (480, TALL), mix: (WIDE, SHORT), seen: (WIDE, SHORT)})
    weigh, look = (
        Group("Weigh CLIP against T5", (940, 20), (540, 870)),
        Group("What changed", (1480, 20), (540, 870)),
    )
    groups(editor, _LOAD, _ENCODE, weigh, look, Group("Draw", (960, 910), (1340, 320)))
    show(editor, "flux", {encode: {}, mix: {"pooled": 2.0}, seen: {}})
    return 2320, 1260


def sd3(editor: Any) -> tuple[int, int]:
    names = {f"clip_name{i}": name for i, name in enumerate(FILES["text_encoders"], 1)}
    clip = editor.add("TripleCLIPLoader", (40, 80), **names)
    checkpoint = editor.add(
        "CheckpointLoaderSimple", (40, 260), ckpt_name="sd3.5_medium.safetensors"
    )
    empty = editor.add("CLIPTextEncode", (40, 430), text="")
    note(editor, (20, 680), (380, 550), "sd3")
    encode = editor.add(ENCODE, (440, 80), text=PROMPT)
    assemble, mix = (
        editor.add(ASSEMBLE, (960, 80), t5="empty prompt"),
        editor.add(MIX, (1500, 80), t5_end=0.5),
    )
    latent = editor.add("EmptySD3LatentImage", (980, 970))
    finish(
        editor,
        (1340, 970),
        model=checkpoint,
        vae=checkpoint,
        negative=empty,
        latent=latent,
        positive=mix,
        cfg=4.5,
    )
    for end in (encode, empty):
        editor.link(clip, "CLIP", end, "clip")
    editor.link(encode, "states", assemble, "states")
    for name in ("pooled_from", "sequence_from"):
        editor.link(assemble, "CONDITIONING", mix, name)
    sizes(editor, {clip: (340, 110), checkpoint: (340, 110), empty: (340, 170)})
    sizes(editor, {encode: (480, TALL), assemble: (WIDE, SHORT), mix: (WIDE, SHORT)})
    choose, weigh = (
        Group("Use, empty, zeros or absent", (940, 20), (540, 870)),
        Group("Weigh the parts", (1480, 20), (540, 870)),
    )
    groups(editor, _LOAD, _ENCODE, choose, weigh, Group("Draw", (960, 910), (1340, 320)))
    show(editor, "sd3", {encode: {}, assemble: {"t5": "empty prompt"}, mix: {"t5_end": 0.5}})
    return 2320, 1260


def sdxl(editor: Any) -> tuple[int, int]:
    checkpoint = editor.add(
        "CheckpointLoaderSimple", (40, 80), ckpt_name="sd_xl_base_1.0.safetensors"
    )
    empty = editor.add("CLIPTextEncode", (40, 240), text="")
    note(editor, (20, 680), (380, 550), "sdxl")
    style, content = (
        editor.add(ENCODE, (440, 80), text=STYLE),
        editor.add(ENCODE, (980, 80), text=CONTENT),
    )
    mix = editor.add(MIX, (1520, 80), pooled=1.0)
    latent = editor.add("EmptyLatentImage", (1520, 970), width=1024, height=1024)
    finish(
        editor,
        (1880, 970),
        model=checkpoint,
        vae=checkpoint,
        negative=empty,
        latent=latent,
        positive=mix,
        cfg=7.0,
    )
    for end in (style, content, empty):
        editor.link(checkpoint, "CLIP", end, "clip")
    editor.link(style, "CONDITIONING", mix, "pooled_from")
    editor.link(content, "CONDITIONING", mix, "sequence_from")
    editor.link(empty, "CONDITIONING", mix, "baseline")
    sizes(editor, {checkpoint: (340, 110), empty: (340, 180)})
    sizes(editor, {style: (480, TALL), content: (480, TALL), mix: (WIDE, SHORT)})
    hears = [
        Group(title, (x, 20), (520, 1210))
        for title, x in (("Style: its pooled vector", 420), ("Content: its sequence", 960))
    ]
    groups(
        editor,
        _LOAD,
        *hears,
        Group("Mix", (1500, 20), (540, 870)),
        Group("Draw", (1500, 910), (1340, 320)),
    )
    show(editor, "sdxl", {style: {"text": STYLE}, content: {"text": CONTENT}, mix: {"two": True}})
    return 2860, 1260


def sd15(editor: Any) -> tuple[int, int]:
    checkpoint = editor.add(
        "CheckpointLoaderSimple", (40, 80), ckpt_name="v1-5-pruned-emaonly-fp16.safetensors"
    )
    negative = editor.add("CLIPTextEncode", (40, 240), text=UNWANTED)
    note(editor, (20, 680), (380, 550), "sd15")
    encode, seen = editor.add(ENCODE, (440, 80), text=PROMPT), editor.add(INSPECT, (960, 80))
    latent = editor.add("EmptyLatentImage", (980, 970), width=512, height=512)
    finish(
        editor,
        (1340, 970),
        model=checkpoint,
        vae=checkpoint,
        negative=negative,
        latent=latent,
        positive=seen,
        cfg=7.0,
    )
    for end in (encode, negative):
        editor.link(checkpoint, "CLIP", end, "clip")
    editor.link(encode, "CONDITIONING", seen, "conditioning")
    editor.link(negative, "CONDITIONING", seen, "compare_with")
    sizes(
        editor,
        {checkpoint: (340, 110), negative: (340, 180), encode: (480, TALL), seen: (WIDE, SHORT)},
    )
    groups(
        editor,
        _LOAD,
        _ENCODE,
        Group("Look inside", (940, 20), (540, 870)),
        Group("Draw", (960, 910), (1340, 320)),
    )
    show(editor, "sd1", {encode: {}, seen: {}})
    return 2320, 1260


RECIPES = {"flux_pooled_vs_t5": flux, "sd3_mix": sd3, "sdxl_mix": sdxl, "sd15_clip": sd15}


def finish(
    editor: Any,
    at: tuple[int, int],
    *,
    model: int,
    vae: int,
    negative: int,
    latent: int,
    positive: int,
    cfg: float,
) -> None:
    """The sampler and what follows it, in one line."""
    x, y = at
    sampler = editor.add(
        "KSampler", (x, y), seed=7, steps=24, cfg=cfg, sampler_name="euler", scheduler="simple"
    )
    decode, save = (
        editor.add("VAEDecode", (x + 360, y)),
        editor.add("SaveImage", (x + 600, y), filename_prefix="encoderscope"),
    )
    editor.link(model, "MODEL", sampler, "model")
    editor.link(positive, "CONDITIONING", sampler, "positive")
    editor.link(negative, "CONDITIONING", sampler, "negative")
    editor.link(latent, "LATENT", sampler, "latent_image")
    editor.link(sampler, "LATENT", decode, "samples")
    editor.link(vae, "VAE", decode, "vae")
    editor.link(decode, "IMAGE", save, "images")
    fixed = (
        "(id) => { app.graph.getNodeById(id).widgets.find((w) => w.name === "
        "'control_after_generate').value = 'fixed' }"
    )
    editor.page.evaluate(fixed, sampler)  # the same noise, so that only the mix changes the picture
    sizes(editor, {sampler: (320, 240), save: (340, 240)})


def note(editor: Any, at: tuple[int, int], size: tuple[int, int], name: str) -> None:
    made = editor.add("MarkdownNote", at)
    editor.page.evaluate(
        "([id, text]) => { app.graph.getNodeById(id).widgets[0].value = text }", [made, NOTES[name]]
    )
    sizes(editor, {made: size})


def sizes(editor: Any, wanted: dict[int, tuple[int, int]]) -> None:
    script = "(wanted) => wanted.forEach(([id, size]) => app.graph.getNodeById(id).setSize(size))"
    editor.page.evaluate(script, [[node, list(size)] for node, size in wanted.items()])


def groups(editor: Any, *wanted: Group) -> None:
    editor.page.evaluate("() => [...app.graph._groups].forEach((group) => app.graph.remove(group))")
    script = """(wanted) => wanted.forEach(([title, at, size]) => {
      const group = new LiteGraph.LGraphGroup(title); group.pos = at; group.size = size; app.graph.add(group) })"""
    editor.page.evaluate(script, [[one.title, list(one.at), list(one.size)] for one in wanted])


def show(editor: Any, family: str, cards: dict[int, dict[str, Any]]) -> None:
    """Draws the cards from reports that the nodes make of narrow encoders of this family."""
    folder = Path(tempfile.mkdtemp())
    importlib.import_module("encoderscope.tests.hostkit").import_host(folder)
    load = importlib.import_module
    clip = load("encoderscope.tests.host.clips").clip(family, wide=True)
    encode = load("encoderscope.nodes.mixing.encode_states").EncodeStates
    assemble = load("encoderscope.nodes.mixing.assemble").Assemble
    mix = load("encoderscope.nodes.mixing.mix").Mix
    look = load("encoderscope.nodes.mixing.inspect_conditioning").InspectConditioning
    plain, given = encode.execute(clip, PROMPT), {}
    latest = plain.args[1]
    for node, options in cards.items():
        kind = editor.page.evaluate("(id) => app.graph.getNodeById(id).comfyClass", node)
        if kind == ENCODE:
            made = encode.execute(clip, options.get("text", PROMPT))
            given[options.get("text", PROMPT)] = made.args[1]
        elif kind == ASSEMBLE:
            made = assemble.execute(plain.args[0], **options)
            latest = made.args[0]
        elif kind == MIX:
            pair = (given[STYLE], given[CONTENT]) if options.pop("two", False) else (latest, latest)
            made = mix.execute(
                *pair,
                baseline=encode.execute(clip, "").args[1] if family != "sd3" else None,
                **options,
            )
            latest = made.args[0]
        else:
            other = (
                plain.args[1]
                if latest is not plain.args[1]
                else encode.execute(clip, UNWANTED).args[1]
            )
            made = look.execute(latest, other)
        ui = {key: value for key, value in made.ui.items() if key != "text"}
        editor.page.evaluate("([id, ui]) => app.graph.getNodeById(id).onExecuted(ui)", [node, ui])
