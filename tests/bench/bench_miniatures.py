"""What the shipped miniatures can do, and whether verdicts follow the truth: the tables of
assets/miniature/README.md and docs/calibration.md.

    python tests/bench/bench_miniatures.py          # some minutes on 2 cores

Promises: mini-CLIP-hard wins on held-out swaps more often than mini-CLIP, intervals apart; the
binding probe's share orders the CLIPs as a supervised reader does; the image probe is right in 90 %
of its claims with mini-CLIP-hard, and with mini-CLIP mostly says that it cannot tell.
"""

from __future__ import annotations

import sys
import time

from encoderscope.conditioning.image_probe.probe_images import UNKNOWN
from encoderscope.host.torch_companions import mend_torchvision


def main() -> int:
    mend_torchvision()
    from encoderscope.conditioning import miniature
    from encoderscope.tools.miniatures import card, figures

    start = time.monotonic()
    result = {name: card.measured(name) for name in miniature.NAMES}
    print("\n".join(figures.table(list(result.values()))))
    weak, strong = result[miniature.CLIP], result[miniature.CLIP_HARD]
    assert weak.image_probe is not None
    assert strong.image_probe is not None
    assert strong.lacking is not None
    claims = strong.image_probe["right"] + strong.image_probe["wrong"]
    promises = {
        "mini-CLIP-hard wins more often, intervals apart": weak.wins["colour"].interval[1]
        < strong.wins["colour"].interval[0],
        "share follows the truth": (weak.share < strong.share)
        == (weak.truth.sentence < strong.truth.sentence),
        "the image probe is right in 90 % of its claims": claims > 0
        and strong.image_probe["right"] >= 0.9 * claims,
        "what is not in the picture is hardly claimed": strong.lacking["claimed"]
        <= 0.1 * sum(strong.lacking.values()),
        "with mini-CLIP it mostly cannot tell": weak.image_probe[UNKNOWN]
        > sum(weak.image_probe.values()) / 2,
    }
    print(f"\n{time.monotonic() - start:.0f} s")
    for promise, kept in promises.items():
        print(f"{'kept  ' if kept else 'BROKEN'}  {promise}")
    return int(not all(promises.values()))


if __name__ == "__main__":
    sys.exit(main())
