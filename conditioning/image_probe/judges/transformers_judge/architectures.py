"""The architectures that are known to answer questions about a picture: nothing else is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....bounded_reading import check_library_files, read_json
from ....errors import EncoderScopeError
from ....translation import later

CHAT = "chat"
DECODER = "decoder"
"""How a model is asked: a conversation that it goes on with, or a question to an encoder whose
decoder answers.
"""


@dataclass(frozen=True)
class JudgeArchitecture:
    """One class of transformers."""

    title: str
    style: str
    """CHAT or DECODER."""
    processor: str
    """The class of transformers that prepares its inputs."""


ARCHITECTURES = {
    "BlipForQuestionAnswering": JudgeArchitecture("BLIP-VQA", DECODER, "BlipProcessor"),
    "Qwen2VLForConditionalGeneration": JudgeArchitecture("Qwen2-VL", CHAT, "Qwen2VLProcessor"),
    "Qwen2_5_VLForConditionalGeneration": JudgeArchitecture(
        "Qwen2.5-VL", CHAT, "Qwen2_5_VLProcessor"
    ),
    "Qwen3VLForConditionalGeneration": JudgeArchitecture("Qwen3-VL", CHAT, "Qwen3VLProcessor"),
    "SmolVLMForConditionalGeneration": JudgeArchitecture("SmolVLM", CHAT, "SmolVLMProcessor"),
    "Idefics3ForConditionalGeneration": JudgeArchitecture("Idefics3", CHAT, "Idefics3Processor"),
    "LlavaForConditionalGeneration": JudgeArchitecture("LLaVA", CHAT, "LlavaProcessor"),
    "Gemma3ForConditionalGeneration": JudgeArchitecture("Gemma 3", CHAT, "Gemma3Processor"),
}
"""Name in config.json -> what it is."""


def architecture_of(folder: Path) -> str:
    """The name in the folder's config.json. Raises :class:`EncoderScopeError` where there is none,
    or one that is not known.
    """
    settings = _json(folder / "config.json")
    names = settings.get("architectures") or [""]
    name = str(names[0])
    if name not in ARCHITECTURES:
        problem = later("The config.json in {folder!r} names no architecture.", folder=folder.name)
        if name:
            problem = later("The model in {folder!r} is {name}.", folder=folder.name, name=name)
        raise EncoderScopeError(
            problem,
            "A model that answers questions about pictures was expected: {titles}.",
            "Choose the folder of one of these, with the files of its page.",
            titles=", ".join(sorted(entry.title for entry in ARCHITECTURES.values())),
        )
    return name


def check_files(folder: Path) -> None:
    """Raises :class:`EncoderScopeError` where the weights are no safetensors."""
    if any(folder.glob("*.safetensors")):
        check_library_files(folder)
        return
    raise EncoderScopeError(
        "The folder {folder!r} holds no .safetensors file.",
        "Weights as safetensors were expected: pickled ones (.bin, .pt) can run code.",
        "Download the model.safetensors files of the model's page.",
        folder=folder.name,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        settings = read_json(path)
    except (OSError, ValueError) as error:
        raise EncoderScopeError(
            "The folder {folder!r} has no config.json that can be read.",
            "The folder of a Hugging Face model was expected.",
            "Put all files of the model's page into one folder.",
            folder=path.parent.name,
        ) from error
    if isinstance(settings, dict):
        return settings
    return {}
