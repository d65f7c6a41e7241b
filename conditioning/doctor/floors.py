"""Where a check begins to be a loss: every floor of the Prompt Doctor, in one place. Error rates
stand in ``docs/doctor.md``.
"""

from __future__ import annotations

from ..binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED
from ..families.family import UNET

ARRIVES = 1.0
"""Share of a phrase's words that must reach what the family takes: all of them."""
SHOWN = 0.5
"""Share of pictures that must show a phrase, of those in which it can be told."""
MIN_OVERLAP = 0.5
"""Share of a phrase's characters that a phrase of another report must hold to speak for it."""
ENCODED = (BOUND,)
"""Verdicts of a contrast that pass."""
NOT_ENCODED = (COLLAPSED,)
"""Verdicts that are a loss for every generator: equal inputs give equal pictures."""
ORDER_IS_A_LOSS = (UNET,)
"""Generators for which ORDER ONLY is a loss; the others can read the order themselves (decision 6:
``binding/advice.py``), and it is a suspicion.
"""
SUSPECT = (ORDER_ONLY,)
OPEN = (UNDECIDED,)
WEAK = (COLLAPSED, ORDER_ONLY, UNDECIDED)
"""Verdicts that put all of a prompt under suspicion where an encoder of its model is missing."""
LEANS = 1.0
"""How many times what filler words do at most a phrase must do to count as used where its interval
is too wide to say so.
"""
WITHOUT_GUIDANCE = 1.0
"""A sampler's scale (cfg) that leaves classifier-free guidance off."""
INSTRUCTIONS = ("tag", "swarm_tag", "flag", "comment", "generation_parameters")
"""Findings of the lint that name nothing to be drawn and are read as words all the same: they
excuse an image model that ignores another word.
"""
MOST_PHRASES = 64
"""Phrases of one prompt that are looked at; further ones are named."""
