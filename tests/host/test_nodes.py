"""The nodes in the real server, as a workflow runs them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES

from ..hostkit import HostFailure

pytestmark = pytest.mark.host

LONG = "a portrait of an old fisherman, " * 14 + "golden hour"
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "report-tokens.schema.json").read_text(encoding="utf-8")
)


def token_map(text: str, family: str, **inputs: Any) -> dict[str, Any]:
    return {
        "1": {
            "class_type": "EncoderScope_TokenMap",
            "inputs": {"text": text, "family": family, **inputs},
        },
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 1]}},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["1", 3]}},
        "4": {"class_type": "PreviewAny", "inputs": {"source": ["1", 4]}},
        "5": {"class_type": "PreviewImage", "inputs": {"images": ["1", 2]}},
        "6": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
        "7": {"class_type": "PreviewAny", "inputs": {"source": ["1", 5]}},
    }


def test_all_outputs_say_the_same(host_server: Any) -> None:
    shown = host_server.run(token_map(LONG, "flux"))
    report = shown["1"]["encoderscope_tokens"][0]
    assert json.loads(shown["2"]["text"][0]) == report
    assert int(shown["3"]["text"][0]) == max(report["summary"]["tokens"].values())
    assert shown["4"]["text"][0] == "True" and report["lost"]
    assert report["verdict"] in shown["6"]["text"][0]
    assert "\x1b" not in shown["6"]["text"][0]
    assert host_server.image(shown["5"]["images"][0]).startswith(b"\x89PNG")
    assert shown["7"]["text"][0] == "False"
    shown = host_server.run(token_map("a cat BREAK a dog", "sdxl"))
    assert (shown["4"]["text"][0], shown["7"]["text"][0]) == ("False", "True")


def test_every_family_without_a_file_gives_a_valid_report(host_server: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    offered = host_server.get_json("/object_info/EncoderScope_TokenMap")["EncoderScope_TokenMap"][
        "input"
    ]["required"]["family"]
    names = [
        n for n in (offered[1]["options"] if offered[0] == "COMBO" else offered[0]) if n in FAMILIES
    ]
    assert {
        "sd1",
        "sdxl",
        "sd3",
        "flux",
        "hidream",
        "pixart",
        "chroma",
        "qwen_image",
        "z_image",
    } <= set(names)
    seen = 0
    for name in names:
        if not FAMILIES[name].tokenizer_in_file:
            text = f'{LONG} (x:1.2) 漢字 "quoted" embedding:nothing_here'
            report = host_server.run({"1": token_map(text, name)["1"]})["1"]["encoderscope_tokens"][
                0
            ]
            jsonschema.validate(report, SCHEMA)
            assert (
                report["family"] == name and report["layout"] == "known" and report["text"] == text
            )
            seen += 1
    assert seen >= 15


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        ("from the CLIP", "Connect the CLIP"),
        ("wan", "Connect a CLIP loader"),
        ("no_such_family", "sdxl"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    host_server: Any, family: str, sentence: str
) -> None:
    with pytest.raises(HostFailure, match=sentence):
        host_server.run({"1": token_map("a cat", family)["1"]})


def test_compare_order_suggests_and_judges(host_server: Any) -> None:
    text = "masterpiece, best quality, film grain, cinematic lighting, " + ", ".join(
        f"a {colour} {thing} on a wooden table"
        for colour in ("red", "blue", "green", "black")
        for thing in ("cup", "lamp", "box")
    )
    graph = {
        "1": {
            "class_type": "EncoderScope_CompareOrder",
            "inputs": {"text_a": text, "text_b": "", "family": "sdxl"},
        }
    }
    result = host_server.run(graph)["1"]["encoderscope_order"][0]
    assert result["format"] == "encoderscope.order" and result["a"]["text"] == text
    assert result["b"]["text"] == result["suggested"] != text
    assert result["suggested"].startswith("a red cup") and "masterpiece" in result["suggested"]
    assert result["changes"] and "pooled" in result["verdict"]
    torn = [[edge["inside"] for edge in result[side]["edges"]].count("between") for side in "ab"]
    assert torn[1] >= torn[0]
    graph["1"]["inputs"]["family"] = "flux"
    assert (
        "front-loading is needless"
        in host_server.run(graph)["1"]["encoderscope_order"][0]["verdict"]
    )


def post(server: Any, body: bytes, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{server.url}/encoderscope/tokens", body, {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_live_follows_the_tokenizer_of_a_run(host_server: Any) -> None:
    run = host_server.run({"1": token_map("a cat", "sd3")["1"]})["1"]
    status, answer = post(
        host_server, json.dumps({"text": "a dog", "live": run["encoderscope_live"][0]}).encode()
    )
    assert (
        status == 200
        and answer["report"]["family"] == "sd3"
        and answer["report"]["text"] == "a dog"
    )
    again = host_server.run({"1": token_map("a dog", "sd3")["1"]})["1"]["encoderscope_tokens"][0]
    assert answer["report"] == again


def test_live_waits_where_the_file_decides_and_answers_where_it_does_not(host_server: Any) -> None:
    def ask(**asked: Any) -> Any:
        return post(host_server, json.dumps({"text": "a dog", **asked}).encode())[1]

    assert "wait" in ask(loader={"type": "stable_diffusion", "files": 1})
    assert "wait" in ask()
    assert "wait" in ask(live="guessed", family=None)
    assert ask(loader={"type": "flux", "files": 2})["report"]["family"] == "flux"
    assert ask(family="sdxl")["report"]["family"] == "sdxl"


def test_live_refuses_strangers_and_nonsense(host_server: Any) -> None:
    body = json.dumps({"text": "a dog", "family": "sd1"}).encode()
    assert post(host_server, body, Origin="http://elsewhere.example")[0] == 403
    assert post(host_server, body, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert post(host_server, body, Origin=host_server.url)[0] == 200
    assert post(host_server, b"{")[0] == 400
    assert post(host_server, b"[]")[0] == 400
    assert post(host_server, json.dumps({"text": "x" * 10_001, "family": "sd1"}).encode())[0] == 413


@pytest.fixture(scope="session")
def random_clip_l(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP-L of seeded random weights as a file: the real loader, the real class, no meaning."""
    import torch
    from comfy.sd1_clip import SDClipModel
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = SDClipModel(dtype=torch.float16)
    weights = {
        name: torch.randn(value.shape).mul(0.02).half()
        for name, value in model.transformer.state_dict().items()
    }
    path = tmp_path_factory.mktemp("models") / "clip_l_random.safetensors"
    save_file(weights, path)
    return path


def test_behind_the_real_loader_the_family_is_the_clips_own(
    host_folder: Path, random_clip_l: Path
) -> None:
    import comfy.sd
    from encoderscope.host import clip as host_clip
    from encoderscope.host import tokenizers
    from encoderscope.host.ids import FROM_CLIP
    from encoderscope.host.reports import token_reports

    clip = comfy.sd.load_clip([str(random_clip_l)])
    chosen, layout = token_reports.choose(clip, FROM_CLIP)
    report = token_reports.report(chosen, LONG, layout)
    assert report["family"] == "sd1"
    assert [r["name"] for r in report["readouts"]] == ["sequence:l"], (
        "SD 1.x takes no pooled vector"
    )
    inputs = [[token[0] for token in window] for window in clip.tokenize(LONG)["l"]]
    assert [
        [token["id"] for token in window] for window in report["streams"][0]["windows"]
    ] == inputs
    partial = comfy.sd.load_clip([str(random_clip_l)], clip_type=comfy.sd.CLIPType.SD3)
    lonely = token_reports.report(partial, "a cat", None)
    assert lonely["family"] == "sd3"
    assert {s["name"]: s["status"] for s in lonely["streams"]} == {
        "l": "encoded",
        "g": "absent",
        "t5xxl": "absent",
    }
    assert any("holds no T5-XXL" in note for note in lonely["notes"])
    assert tokenizers.detached(partial, host_clip.family_of(partial)).absent == {"g", "t5xxl"}


def test_a_family_that_does_not_fit_the_clip_is_refused(host_folder: Path) -> None:
    from encoderscope.host import tokenizers
    from encoderscope.host.reports import token_reports

    with pytest.raises(
        ValueError, match=r"set to Stable Diffusion 1\.x.*from FLUX\.1.*from the CLIP"
    ):
        token_reports.choose(tokenizers.tokenizer_only("flux"), "sd1")
