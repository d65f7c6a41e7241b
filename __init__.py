"""EncoderScope: shows at which station between prompt and picture a word was lost.

ComfyUI imports this file as the custom node; pytest and `pip install` import it too. So nothing of
ComfyUI is touched at import: `comfy_entrypoint` does that when the host calls it.
"""

WEB_DIRECTORY = "./web"
"""Holds `js/` (the host loads every .js below), `css/` (which `js/shared/dom.js` links) and `docs/`
(in-app help, which the browser looks for right here).
"""


async def comfy_entrypoint():  # type: ignore[no-untyped-def]  # its type belongs to the host, which is not here at import
    """Give the host our nodes; log the whole traceback when that fails, because the host prints
    only its last line.
    """
    import logging

    try:
        from .nodes.extension import EncoderScopeExtension

        return EncoderScopeExtension()
    except Exception:
        logging.getLogger("encoderscope").exception("EncoderScope's nodes could not be loaded")
        raise


_API = {
    **dict.fromkeys(("families", "reading_report", "token_reader", "token_report"), "api.prompts"),
    **dict.fromkeys(
        ("encoder_card", "encoder_probe", "file_report", "probe_report"), "api.encoders"
    ),
    **dict.fromkeys(("image_report", "judge_report"), "api.pictures"),
    **dict.fromkeys(("doctor_report", "read_report"), "api.reports"),
    **dict.fromkeys(
        (
            *("AnyReport", "DoctorReport", "EncoderCard", "FileReport", "ImageReport"),
            *("ProbeReport", "ReadingReport", "TokenReport"),
        ),
        "api.results",
    ),
    "EncoderScopeError": "conditioning.errors",
}
"""What the package offers to Python -> the module that has it (docs/python.md; types for checkers:
__init__.pyi). Nothing of it is imported before somebody asks: the host imports this file at its
start.
"""


def __getattr__(name: str):  # type: ignore[no-untyped-def]  # __init__.pyi has the types
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_API[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_API})
