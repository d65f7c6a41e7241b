"""What the host gets from this pack: its nodes, in the order of the menu."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from ..host import live_route
from .binding.binding_probe import BindingProbe
from .binding.encoder_report import EncoderReport
from .checked_inputs import checking_inputs
from .doctor.prompt_doctor import PromptDoctor
from .generator.ignored_words import IgnoredWords
from .loading.inspect_encoder import InspectEncoder
from .loading.load_dual_encoder import LoadDualEncoder
from .loading.load_encoders import LoadEncoders
from .loading.load_judge import LoadJudge
from .loading.load_miniature import LoadMiniature
from .loading.load_miniature_generator import LoadMiniatureGenerator
from .loading.quantize_encoder import QuantizeEncoder
from .mixing.assemble import Assemble
from .mixing.encode_states import EncodeStates
from .mixing.inspect_conditioning import InspectConditioning
from .mixing.load_conditioning import LoadConditioning
from .mixing.mix import Mix
from .mixing.save_conditioning import SaveConditioning
from .picture.binding_benchmark import BindingBenchmark
from .picture.draw_scene import DrawScene
from .picture.image_probe import ImageProbe
from .prompt.compare_order import CompareOrder
from .prompt.token_map import TokenMap
from .reports.save_report_card import SaveReportCard
from .speed.cached_encode import CachedEncode
from .speed.fast_encoder import FastEncoder

_CLASSES: list[type[io.ComfyNode]] = [
    PromptDoctor,
    TokenMap,
    CompareOrder,
    InspectEncoder,
    LoadDualEncoder,
    LoadEncoders,
    QuantizeEncoder,
    EncodeStates,
    Assemble,
    Mix,
    InspectConditioning,
    BindingProbe,
    EncoderReport,
    IgnoredWords,
    LoadMiniature,
    LoadMiniatureGenerator,
    LoadJudge,
    DrawScene,
    ImageProbe,
    BindingBenchmark,
    FastEncoder,
    CachedEncode,
    SaveConditioning,
    LoadConditioning,
    SaveReportCard,
]
NODES = [checking_inputs(node) for node in _CLASSES]


class EncoderScopeExtension(ComfyExtension):
    """Gives the host the nodes, and adds the live route to its server."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        live_route.install()  # not in on_load, which ComfyUI 0.3.75 never calls
        return NODES
