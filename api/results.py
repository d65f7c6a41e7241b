"""What the functions of the API return: a report, with its text, its picture and the answers that
programs ask for most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, repr=False)
class AnyReport:
    """A report of any format (docs/reports.md)."""

    json: Mapping[str, Any]
    """All of it, as documented: fields are added in later releases, never renamed or removed."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.format} {self.version}>"

    @property
    def format(self) -> str:
        """The name of the format, such as ``encoderscope.tokens``."""
        return str(self.json["format"])

    @property
    def version(self) -> int:
        """The version of the format."""
        return int(self.json["version"])

    def text(self) -> str:
        """The report as text, for people."""
        from ..conditioning.reports.travelling import known_formats

        return known_formats.plain(self.json)

    def picture(self) -> Image.Image:
        """The report as the node draws it. Raises :class:`~encoderscope.EncoderScopeError` where a
        format has no picture.
        """
        from ..conditioning.reports.travelling import known_formats

        return known_formats.render(self.json)

    def save(self, path: str | Path) -> Path:
        """Write a card (``.png``: the picture with the report inside) or the JSON (any other
        ending); returns the path. Raises OSError.
        """
        from ..conditioning.reports.strict_json import to_json
        from ..conditioning.reports.travelling import report_files
        from ..conditioning.storage import write_atomically

        path = Path(path)
        if path.suffix.lower() == ".png":
            report_files.write_card(path, self.picture(), self.json)
        else:
            write_atomically(path, (to_json(self.json) + "\n").encode())
        return path


class TokenReport(AnyReport):
    """Which words every encoder gets (docs/report-tokens.md)."""

    @property
    def lost(self) -> bool:
        """Whether some word does not reach what the image model reads."""
        return bool(self.json["lost"])

    @property
    def not_as_it_seems(self) -> bool:
        """Whether something is certainly not what it seems: another program's grammar, ..."""
        return bool(self.json["not_as_it_seems"])

    @property
    def verdict(self) -> str:
        """The verdict in a sentence."""
        return str(self.json["verdict"])

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What the lint found in the prompt, in its order."""
        return list(self.json["findings"])


class ReadingReport(AnyReport):
    """What a prompt says (docs/report-reading.md)."""

    @property
    def contrasts(self) -> list[dict[str, Any]]:
        """The statements of the prompt that have a rival to be confused with."""
        return list(self.json["contrasts"])


class ProbeReport(AnyReport):
    """Whether an encoder binds what the prompt says (docs/report-probe.md)."""

    @property
    def bound(self) -> bool | None:
        """True where all is bound, False where something is not, None where it cannot be told."""
        bound = self.json["bound"]
        return None if bound is None else bool(bound)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return str(self.json["sentence"])


class EncoderCard(AnyReport):
    """What an encoder binds on the built-in suite (docs/report-encoder-report.md)."""

    @property
    def scores(self) -> list[dict[str, Any]]:
        """One score for each phenomenon and readout."""
        return list(self.json["scores"])


class FileReport(AnyReport):
    """What a model file is (docs/report-encoder.md)."""

    @property
    def usable(self) -> bool:
        """Whether a text encoder in it can be used."""
        return bool(self.json["usable"])


class ImageReport(AnyReport):
    """What pictures show of a prompt (docs/report-image.md)."""

    @property
    def shows(self) -> dict[str, int]:
        """Verdict -> how many pictures have it."""
        return dict(self.json["shows"])

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return str(self.json["sentence"])


class DoctorReport(AnyReport):
    """Which station lost which phrase (docs/report-doctor.md)."""

    @property
    def healthy(self) -> bool | None:
        """True: a clean bill, False: something is lost, None: it cannot be told."""
        healthy = self.json["healthy"]
        return None if healthy is None else bool(healthy)

    @property
    def sentence(self) -> str:
        """The diagnosis in words."""
        return str(self.json["sentence"])
