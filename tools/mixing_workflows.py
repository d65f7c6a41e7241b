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
FLUX.1 reads CLIP-L only through one *pooled* vector, which steers every block; of T5 it reads every token.

1. Press **Run**: with every strength at 1 the picture is the same as with *CLIP Text Encode*, bit for bit.
2. Set **pooled** to 0 (the empty prompt), then to 2. Then do the same with **t5_sequence**.
3. *What Is in This Conditioning?* tells how far the mix is from the plain prompt.

Strength 0 is the baseline on the left; without one it is zeros.
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


class Group(NamedTuple):
    """A frame of the editor around nodes."""

    title: str
    at: tuple[int, int]
    size: tuple[int, int]


class Sampling(NamedTuple):
    """The nodes that a sampler takes its inputs from, and its strength of guidance."""

    model: int
    vae: int
    positive: int
    negative: int
    cfg: float


WIDE, TALL, SHORT = 500, 1110, 790
_LOAD = Group("Load", (20, 20), (380, 620))
_ENCODE = Group("Encode", (420, 20), (520, 1210))
DRAW = Group("Draw", (960, 910), (1340, 320))


def flux(editor: Any) -> tuple[int, int]:
    clip = editor.add(
        "DualCLIPLoader",
        (40, 80),
        clip_name1="clip_l.safetensors",
        clip_name2="t5xxl_fp16.safetensors",
        type="flux",
    )
    model = editor.add("UNETLoader", (40, 300), unet_name="flux1-dev.safetensors")
    vae = editor.add("VAELoader", (40, 450), vae_name="ae.safetensors")
    empty = editor.add("CLIPTextEncode", (40, 570), text="")
    note(editor, (20, 730), (380, 500), "flux")
    encode = editor.add(ENCODE, (440, 80), text=PROMPT)
    mix = editor.add(MIX, (960, 80), pooled=2.0)
    inspect = editor.add(INSPECT, (1500, 80))
    guidance = editor.add("FluxGuidance", (980, 1170))
    sampling = Sampling(model, vae, guidance, empty, cfg=1.0)
    draw(editor, (980, 970), sampling, "EmptySD3LatentImage")
    for target in (encode, empty):
        editor.link(clip, "CLIP", target, "clip")
    link_conditionings(
        editor,
        (encode, mix, "pooled_from"),
        (encode, mix, "sequence_from"),
        (empty, mix, "baseline"),
        (mix, guidance, "conditioning"),
        (mix, inspect, "conditioning"),
        (encode, inspect, "compare_with"),
    )
    sizes(editor, {clip: (340, 120), model: (340, 90), vae: (340, 60), empty: (340, 90)})
    sizes(editor, {encode: (480, TALL), mix: (WIDE, SHORT), inspect: (WIDE, SHORT)})
    weigh = Group("Weigh CLIP against T5", (940, 20), (540, 870))
    changed = Group("What changed", (1480, 20), (540, 870))
    groups(editor, _LOAD._replace(size=(380, 665)), _ENCODE, weigh, changed, DRAW)
    show(editor, "flux", {encode: {}, mix: {"pooled": 2.0}, inspect: {}})
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
    assemble = editor.add(ASSEMBLE, (960, 80), t5="empty prompt")
    mix = editor.add(MIX, (1500, 80), t5_end=0.5)
    sampling = Sampling(checkpoint, checkpoint, mix, empty, cfg=4.5)
    draw(editor, (980, 970), sampling, "EmptySD3LatentImage")
    for target in (encode, empty):
        editor.link(clip, "CLIP", target, "clip")
    editor.link(encode, "states", assemble, "states")
    link_conditionings(editor, (assemble, mix, "pooled_from"), (assemble, mix, "sequence_from"))
    sizes(editor, {clip: (340, 110), checkpoint: (340, 110), empty: (340, 170)})
    sizes(editor, {encode: (480, TALL), assemble: (WIDE, SHORT), mix: (WIDE, SHORT)})
    choose = Group("Use, empty, zeros or absent", (940, 20), (540, 870))
    weigh = Group("Weigh the parts", (1480, 20), (540, 870))
    groups(editor, _LOAD, _ENCODE, choose, weigh, DRAW)
    show(editor, "sd3", {encode: {}, assemble: {"t5": "empty prompt"}, mix: {"t5_end": 0.5}})
    return 2320, 1260


def sdxl(editor: Any) -> tuple[int, int]:
    checkpoint = editor.add(
        "CheckpointLoaderSimple", (40, 80), ckpt_name="sd_xl_base_1.0.safetensors"
    )
    empty = editor.add("CLIPTextEncode", (40, 240), text="")
    note(editor, (20, 680), (380, 550), "sdxl")
    style = editor.add(ENCODE, (440, 80), text=STYLE)
    content = editor.add(ENCODE, (980, 80), text=CONTENT)
    mix = editor.add(MIX, (1520, 80), pooled=1.0)
    sampling = Sampling(checkpoint, checkpoint, mix, empty, cfg=7.0)
    draw(editor, (1520, 970), sampling, "EmptyLatentImage", width=1024, height=1024)
    for target in (style, content, empty):
        editor.link(checkpoint, "CLIP", target, "clip")
    link_conditionings(
        editor,
        (style, mix, "pooled_from"),
        (content, mix, "sequence_from"),
        (empty, mix, "baseline"),
    )
    sizes(editor, {checkpoint: (340, 110), empty: (340, 180)})
    sizes(editor, {style: (480, TALL), content: (480, TALL), mix: (WIDE, SHORT)})
    groups(
        editor,
        _LOAD,
        Group("Style: its pooled vector", (420, 20), (520, 1210)),
        Group("Content: its sequence", (960, 20), (520, 1210)),
        Group("Mix", (1500, 20), (540, 870)),
        DRAW._replace(at=(1500, 910)),
    )
    show(editor, "sdxl", {style: {"text": STYLE}, content: {"text": CONTENT}, mix: {"two": True}})
    return 2860, 1260


def sd15(editor: Any) -> tuple[int, int]:
    checkpoint = editor.add(
        "CheckpointLoaderSimple", (40, 80), ckpt_name="v1-5-pruned-emaonly-fp16.safetensors"
    )
    negative = editor.add("CLIPTextEncode", (40, 240), text=UNWANTED)
    note(editor, (20, 680), (380, 550), "sd15")
    encode = editor.add(ENCODE, (440, 80), text=PROMPT)
    inspect = editor.add(INSPECT, (960, 80))
    sampling = Sampling(checkpoint, checkpoint, inspect, negative, cfg=7.0)
    draw(editor, (980, 970), sampling, "EmptyLatentImage", width=512, height=512)
    for target in (encode, negative):
        editor.link(checkpoint, "CLIP", target, "clip")
    link_conditionings(
        editor, (encode, inspect, "conditioning"), (negative, inspect, "compare_with")
    )
    sizes(
        editor,
        {checkpoint: (340, 110), negative: (340, 180), encode: (480, TALL), inspect: (WIDE, SHORT)},
    )
    groups(editor, _LOAD, _ENCODE, Group("Look inside", (940, 20), (540, 870)), DRAW)
    show(editor, "sd1", {encode: {}, inspect: {}})
    return 2320, 1260


RECIPES = {"flux_pooled_vs_t5": flux, "sd3_mix": sd3, "sdxl_mix": sdxl, "sd15_clip": sd15}


def draw(
    editor: Any, at: tuple[int, int], sampling: Sampling, latent_node: str, **latent: int
) -> None:
    """The latent, the sampler and what follows it, in one line from ``at``."""
    x, y = at
    empty_latent = editor.add(latent_node, at, **latent)
    sampler = editor.add(
        "KSampler",
        (x + 360, y),
        seed=7,
        steps=24,
        cfg=sampling.cfg,
        sampler_name="euler",
        scheduler="simple",
    )
    decode = editor.add("VAEDecode", (x + 720, y))
    save = editor.add("SaveImage", (x + 960, y), filename_prefix="encoderscope")
    editor.link(sampling.model, "MODEL", sampler, "model")
    editor.link(sampling.positive, "CONDITIONING", sampler, "positive")
    editor.link(sampling.negative, "CONDITIONING", sampler, "negative")
    editor.link(empty_latent, "LATENT", sampler, "latent_image")
    editor.link(sampler, "LATENT", decode, "samples")
    editor.link(sampling.vae, "VAE", decode, "vae")
    editor.link(decode, "IMAGE", save, "images")
    fixed = (
        "(id) => { app.graph.getNodeById(id).widgets.find((w) => w.name === "
        "'control_after_generate').value = 'fixed' }"
    )
    editor.page.evaluate(fixed, sampler)  # the same noise, so that only the mix changes the picture
    sizes(editor, {sampler: (320, 240), save: (340, 240)})


def link_conditionings(editor: Any, *links: tuple[int, int, str]) -> None:
    """Link CONDITIONING outputs: source node, target node, and the target's input."""
    for source, target, name in links:
        editor.link(source, "CONDITIONING", target, name)


def note(editor: Any, at: tuple[int, int], size: tuple[int, int], name: str) -> None:
    """Add a note with one of the texts above."""
    node = editor.add("MarkdownNote", at)
    editor.page.evaluate(
        "([id, text]) => { app.graph.getNodeById(id).widgets[0].value = text }", [node, NOTES[name]]
    )
    sizes(editor, {node: size})


def sizes(editor: Any, node_sizes: dict[int, tuple[int, int]]) -> None:
    """Set the sizes of nodes."""
    script = "(sizes) => sizes.forEach(([id, size]) => app.graph.getNodeById(id).setSize(size))"
    editor.page.evaluate(script, [[node, list(size)] for node, size in node_sizes.items()])


def groups(editor: Any, *frames: Group) -> None:
    """Draw these groups and no others."""
    editor.page.evaluate("() => [...app.graph._groups].forEach((group) => app.graph.remove(group))")
    script = """(groups) => groups.forEach(([title, at, size]) => {
      const group = new LiteGraph.LGraphGroup(title); group.pos = at; group.size = size; app.graph.add(group) })"""
    editor.page.evaluate(
        script, [[frame.title, list(frame.at), list(frame.size)] for frame in frames]
    )


def show(editor: Any, family: str, cards: dict[int, dict[str, Any]]) -> None:
    """Draw the cards from reports that the nodes make of narrow encoders of this family."""
    importlib.import_module("encoderscope.tests.hostkit").import_host(Path(tempfile.mkdtemp()))
    reports = Reports(family)
    for node, options in cards.items():
        kind = editor.page.evaluate("(id) => app.graph.getNodeById(id).comfyClass", node)
        ui = {key: value for key, value in reports.of(kind, **options).items() if key != "text"}
        editor.page.evaluate("([id, ui]) => app.graph.getNodeById(id).onExecuted(ui)", [node, ui])


class Reports:
    """Runs the nodes of a workflow one after the other, without the editor."""

    def __init__(self, family: str) -> None:
        load = importlib.import_module
        self.family = family
        self.clip = load("encoderscope.tests.host.clips").clip(family, wide=True)
        self.encode = load("encoderscope.nodes.mixing.encode_states").EncodeStates
        self.assemble = load("encoderscope.nodes.mixing.assemble").Assemble
        self.mix = load("encoderscope.nodes.mixing.mix").Mix
        self.inspect = load("encoderscope.nodes.mixing.inspect_conditioning").InspectConditioning
        self.states, self.prompt = self.encode.execute(self.clip, PROMPT).args[:2]
        self.encoded: dict[str, Any] = {}
        self.latest = self.prompt

    def of(self, kind: str, **options: Any) -> dict[str, Any]:
        """What the next node of this kind shows."""
        run = {ENCODE: self._encode, ASSEMBLE: self._assemble, MIX: self._mix}
        output = run.get(kind, self._inspect)(**options)
        return dict(output.ui)

    def _encode(self, text: str = PROMPT) -> Any:
        output = self.encode.execute(self.clip, text)
        self.encoded[text] = output.args[1]
        return output

    def _assemble(self, **options: Any) -> Any:
        output = self.assemble.execute(self.states, **options)
        self.latest = output.args[0]
        return output

    def _mix(self, two: bool = False, **options: Any) -> Any:
        pair = (self.latest, self.latest)
        if two:
            pair = (self.encoded[STYLE], self.encoded[CONTENT])
        baseline = None
        if self.family != "sd3":
            baseline = self._conditioning("")
        output = self.mix.execute(*pair, baseline=baseline, **options)
        self.latest = output.args[0]
        return output

    def _inspect(self) -> Any:
        other = self.prompt
        if self.latest is self.prompt:
            other = self._conditioning(UNWANTED)
        return self.inspect.execute(self.latest, other)

    def _conditioning(self, text: str) -> Any:
        return self.encode.execute(self.clip, text).args[1]
