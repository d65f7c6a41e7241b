"""What is fuzzed: each target takes bytes, and raises only where the pack breaks a promise.

A refusal (:class:`EncoderScopeError`) is an answer. Any other exception, an answer that contradicts
itself, and one that takes seconds or a gigabyte is a fault.
"""

from __future__ import annotations

from collections.abc import Callable

from encoderscope.tests.fuzz import cache_targets, file_targets, prompt_targets

Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        prompt_targets.prompt,
        prompt_targets.lint,
        prompt_targets.alignment,
        file_targets.safetensors,
        file_targets.gguf,
        file_targets.identification,
        file_targets.captions,
        file_targets.picture,
        file_targets.card,
        cache_targets.cache_entry,
        cache_targets.damaged_entry,
    )
}
