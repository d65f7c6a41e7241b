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
