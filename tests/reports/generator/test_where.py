"""The where-maps of an Ignored Words report: on one scale, drawn over the picture, labelled."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)

from __future__ import annotations

import json
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("PIL")

from encoderscope.conditioning.generator.where_maps import where_maps
from encoderscope.conditioning.reports.drawing import palette
from encoderscope.conditioning.reports.generator import picture as generator_picture
from encoderscope.conditioning.reports.generator import where_pictures
from encoderscope.conditioning.reports.generator.display import WHERE, with_display
from encoderscope.tests.reports.drawn import Drawn, rgb
from encoderscope.tests.reports.generator import kit
from PIL import Image

Report = dict[str, Any]


def looked_at(report: Report) -> Report:
    """The first phrase on the left, the second nowhere in particular."""
    left = [100, 0, 0, 0] * 2
    maps = [
        {"phrase": 0, "size": [2, 4], "values": left},
        {"phrase": 1, "size": [2, 4], "values": [0] * 8},
    ]
    return report | {"where": {"calls": 12, "blocks": 24, "maps": maps}}


def test_all_maps_have_one_scale_and_a_flat_one_stays_flat() -> None:
    peak, weak, flat = torch.full((8, 8), 0.01), torch.full((8, 8), 0.01), torch.full((8, 8), 0.3)
    peak[2, 5], weak[6, 1] = 1.0, 0.02
    first, second, third = where_maps({0: peak, 3: weak, 4: flat})
    assert (first.phrase, second.phrase, third.phrase) == (0, 3, 4)
    assert first.size == (8, 8) and first.values.index(max(first.values)) == 2 * 8 + 5
    assert max(first.values) == 100 and 0 < max(second.values) < 10 and max(third.values) == 0
    assert min(first.values) == 0


def test_maps_are_small_and_keep_their_shape() -> None:
    tall = torch.rand(128, 64, generator=torch.Generator().manual_seed(0))
    [each] = where_maps({0: tall})
    assert each.size == (32, 16) and len(each.values) == 32 * 16
    assert where_maps({0: torch.zeros(4, 4)}) == [] and where_maps({}) == []


def test_a_map_is_warm_where_the_phrase_is_looked_for() -> None:
    ground = Image.new("RGB", (64, 32), "#ffffff")
    looked, flat = where_pictures.overlays(looked_at(kit.used()), ground)
    assert looked.size == flat.size == (128, 64)
    red, _, blue = looked.getpixel((6, 30))
    assert red > blue + 60 and looked.getpixel((120, 30)) == flat.getpixel((6, 30))
    assert len(flat.getcolors()) == 1, "the picture alone, in grey"
    dark, _ = where_pictures.overlays(looked_at(kit.used()), None)
    assert dark.getpixel((120, 30)) == rgb(palette.RAISED)
    assert where_pictures.overlays(kit.used(), ground) == []


def test_the_label_says_that_it_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    report = looked_at(kit.mixed())
    drawn = Drawn(monkeypatch)
    maps = where_pictures.overlays(report, None)
    for width in (320, 960):
        image = drawn.of(generator_picture.render, report, width=width, maps=maps)
        assert WHERE in drawn.all.replace("\n", " ") or width == 320
        assert rgb(palette.RAISED) in {image.getpixel(maps_at(drawn, k)) for k in range(2)}
    shown = with_display(report)["display"]["where"]
    assert [each["title"] for each in shown["maps"]] == ["red car", "blue house"]
    assert shown["title"] == WHERE and "ignored" in shown["text"]
    drawn.of(generator_picture.render, kit.mixed())
    assert WHERE not in drawn.all and with_display(kit.mixed())["display"]["where"] is None


def maps_at(drawn: Drawn, number: int) -> tuple[int, int]:
    """A pixel of a map, which stands over its title: its far side, where nothing is looked for."""
    title = ["red car", "blue house"][number]
    x, y = max(
        ((x, y) for text, x, y, size, _ in drawn.texts if text == title and size == 12),
        key=lambda place: place[1],
    )
    return round((x + 120) * 2), round((y - 30) * 2)


def test_the_browser_gets_pictures_and_the_schema_holds() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from encoderscope.tests.reports.generator.test_display import DOCS

    schema = json.loads((DOCS / "report-generator.schema.json").read_text(encoding="utf-8"))
    report = with_display(looked_at(kit.mixed()))
    maps = where_pictures.overlays(report, None)
    fed = where_pictures.with_thumbs(report, maps)
    assert all(each["thumb"].startswith("data:image/jpeg;base64,") for each in fed["where"]["maps"])
    jsonschema.validate(json.loads(json.dumps(fed, allow_nan=False)), schema)
    assert "thumb" not in report["where"]["maps"][0], "only for the browser"
    assert where_pictures.with_thumbs(kit.used(), []) == kit.used()
