"""The Image Probe, Draw a Scene and the miniatures in a graph on a real server, and `encoderscope
image`.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.cli import main
from encoderscope.tests import hostkit

pytestmark = pytest.mark.host
ROOT = Path(__file__).resolve().parents[2]
PROMPT, SWAP = "a red car next to a blue house", "a blue car next to a red house"


def valid(report: dict[str, Any]) -> dict[str, Any]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "report-image.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)), schema)
    return report


def graph(text: Any, miniature: str = "mini-CLIP-hard", **scene: Any) -> dict[str, Any]:
    result = hostkit.sample_graph("is_it_the_encoder")
    result["1"]["inputs"]["miniature"] = miniature
    result["2"]["inputs"] |= scene
    result["4"]["inputs"]["text"] = text
    return {number: result[number] for number in ("1", "2", "4")}


@pytest.fixture(scope="module")
def verdicts(host_server: Any) -> dict[str, dict[str, Any]]:
    asked = {"caption": ["2", 1], "swap": ["2", 2], "nothing": "a photo"}
    return {
        name: host_server.run(graph(text))["4"]["encoderscope_image"][0]
        for name, text in asked.items()
    }


def test_a_drawn_scene_shows_its_caption_and_not_the_swap(
    verdicts: dict[str, dict[str, Any]],
) -> None:
    assert valid(verdicts["caption"])["images"][0]["shows"] == "shows the prompt"
    assert valid(verdicts["swap"])["images"][0]["shows"] == "shows the swap"
    assert valid(verdicts["nothing"])["images"][0]["shows"] == "nothing to test"
    assert verdicts["caption"]["text"] == PROMPT
    assert verdicts["swap"]["text"] == SWAP


def test_the_browser_gets_a_small_picture_and_the_json_none(
    host_server: Any, verdicts: dict[str, dict[str, Any]]
) -> None:
    assert verdicts["caption"]["images"][0]["thumb"].startswith("data:image/jpeg;base64,")
    result = graph(["2", 1])
    result["5"] = {"class_type": "PreviewAny", "inputs": {"source": ["4", 1]}}
    document = json.loads(host_server.run(result)["5"]["text"][0])
    assert "thumb" not in document["images"][0]
    assert document["sentence"] == verdicts["caption"]["sentence"]


def test_a_text_only_encoder_is_refused_with_what_to_do(host_server: Any) -> None:
    with pytest.raises(
        hostkit.HostFailure, match=r"(?s)No image-text encoder is connected.*mini-CLIP-hard"
    ):
        host_server.run(graph(PROMPT, miniature="mini-T5"))


@pytest.fixture
def node(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import folder_paths
    from encoderscope.nodes.picture import image_probe

    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    return image_probe


def test_a_batch_of_any_kind_of_picture(node: Any) -> None:
    from encoderscope.host import miniatures as miniature
    from encoderscope.nodes.picture import draw_scene

    encoder = miniature.dual("mini-CLIP-hard")
    drawn = torch.cat(
        [
            draw_scene.DrawScene.execute("red", "car", "blue", "house", seed, 128)[0]
            for seed in range(3)
        ]
    )
    output = node.ImageProbe.execute(drawn, PROMPT, encoder)
    report = json.loads(output[1])
    assert [image["index"] for image in report["images"]] == [0, 1, 2]
    assert output[3] is (
        report["shows"] == {"shows the prompt": 3, "shows the swap": 0, "cannot tell": 0}
    )
    assert output[2].shape[0] == 1
    grey, alpha = drawn[..., :1], torch.cat([drawn, torch.ones_like(drawn[..., :1])], dim=-1)
    assert (
        json.loads(node.ImageProbe.execute(alpha, PROMPT, encoder)[1])["images"] == report["images"]
    )
    assert len(json.loads(node.ImageProbe.execute(grey, PROMPT, encoder)[1])["images"]) == 3


def test_a_judge_alone_and_beside_the_encoder(node: Any) -> None:
    from encoderscope.host import miniatures as miniature
    from encoderscope.nodes.loading import load_judge
    from encoderscope.nodes.picture import draw_scene

    encoder = miniature.dual("mini-CLIP")
    judge, text = load_judge.LoadJudge.execute("what is connected", encoder=encoder).result
    assert text.startswith(encoder.title)
    drawn = draw_scene.DrawScene.execute("red", "car", "blue", "house", 1, 128)[0]
    own = "Is the car red? | Is there a red car in the picture? // Is the car blue?"
    alone = node.ImageProbe.execute(drawn, PROMPT, judge=judge, questions=f"q1 colour: {own}")
    report = json.loads(alone[1])
    assert report["scorer"]["objective"] == "answers"
    assert [each["title"] for each in report["judges"]] == [encoder.title]
    assert [each["drawn"] for each in report["questions"]] == ["colour"]
    [answer] = report["images"][0]["judges"][0]["answers"]
    assert 0 <= answer["prompt"] <= 1
    assert alone[3] is (report["images"][0]["judged"]["shows"] == "shows the prompt")
    both = node.ImageProbe.execute(drawn[..., :1], PROMPT, encoder, judge=judge, questions="Is it?")
    report = json.loads(both[1])
    assert report["contrasts"] and report["captions"]
    [answer] = report["images"][0]["judges"][0]["answers"]
    assert answer["why"] == "this judge does not answer it for this picture"


def test_nothing_to_load_is_refused(node: Any) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.host.judges import judge_choice

    with pytest.raises(EncoderScopeError, match="No judge is chosen"):
        judge_choice.load(judge_choice.CONNECTED, "as stored", None, None, None)
    with pytest.raises(EncoderScopeError, match="Unknown judge"):
        judge_choice.load("text_encoders/../../etc", "as stored", None, None, None)
    with pytest.raises(EncoderScopeError, match="Unknown judge 'LLM/mine'"):
        judge_choice.load("LLM/mine", "as stored", None, None, None)
    with pytest.raises(EncoderScopeError, match="Unknown precision"):
        judge_choice.load(judge_choice.CONNECTED, "fp4", None, None, None)


def test_a_judge_behind_a_link_is_not_opened(
    node: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import folder_paths
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.host.judges import judge_choice

    models, outside = tmp_path / "models", tmp_path / "outside"
    models.mkdir()
    outside.mkdir()
    (outside / "config.json").write_text("{}")
    (models / "judge").symlink_to(outside)
    paths = ([str(models)], set())
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "text_encoders", paths)
    with pytest.raises(EncoderScopeError, match="a link that leads out"):
        judge_choice.load("text_encoders/judge", "as stored", None, None, None)


def test_half_a_pair_is_refused(node: Any) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.host.reports import image_reports

    with pytest.raises(EncoderScopeError, match="clip_vision is not connected"):
        image_reports.scorer(None, object(), None)


# --- terminal
# --------------------------------------------------------------------------------------------------


@pytest.fixture
def picture(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import random

    from encoderscope.conditioning.scenes import drawing, scene
    from PIL import Image

    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))
    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(tmp_path / "cache"))
    shown = drawing.draw([scene.staged(random.Random(1), ("red", "car"), ("blue", "house"))], 200)[
        0
    ]
    Image.fromarray((shown * 255).round().byte().numpy()).save(tmp_path / "drawn.png")
    return tmp_path / "drawn.png"


def run(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    status = main.main(["image", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_terminal_says_the_same_with_an_exit_status(
    capsys: Any, picture: Path, tmp_path: Path
) -> None:
    status, out, _ = run(
        capsys, picture, PROMPT, "--encoder", "mini-CLIP-hard", "--png", tmp_path / "report.png"
    )
    assert (status, out.splitlines()[0]) == (0, "The picture shows the prompt.")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    status, out, _ = run(capsys, picture, picture, SWAP, "--encoder", "mini-CLIP-hard", "--json")
    assert status == 1
    assert valid(json.loads(out))["shows"]["shows the swap"] == 2
    assert run(capsys, picture, "a photo", "--encoder", "mini-CLIP-hard")[0] == 2


def test_captions_of_ones_own(capsys: Any, picture: Path) -> None:
    status, out, _ = run(
        capsys,
        picture,
        PROMPT,
        "--variants",
        SWAP,
        "a green tree",
        "--encoder",
        "mini-CLIP-hard",
        "--threshold",
        "-1",
    )
    assert status == 0
    assert "margin +" in out
    assert out.count("If it means something else, binding is not represented here") == 2
    status, out, _ = run(
        capsys,
        picture,
        SWAP,
        "--variants",
        PROMPT,
        "--encoder",
        "mini-CLIP-hard",
        "--json",
        "--threshold",
        "1",
    )
    assert status == 1
    document = json.loads(out)
    assert document["prompt_first"] is False
    assert [pair["flagged"] for pair in document["pairs"]] == [False]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{picture}", PROMPT, "--encoder", "mini-T5"], "reads text only"),
        (["{picture}", PROMPT, "--encoder", "nowhere"], "There is no 'nowhere'"),
        (["nothing.png", PROMPT, "--encoder", "mini-CLIP"], "There is no picture 'nothing.png'"),
        (["{picture}", PROMPT, "--variants", PROMPT], "The variants are the prompt itself"),
        (["{picture}", "a red car " * 80, "--encoder", "mini-CLIP"], "At most 77 tokens"),
    ],
)
def test_bad_input_is_named(
    capsys: Any, picture: Path, arguments: list[str], sentence: str
) -> None:
    status, _, output = run(capsys, *(argument.format(picture=picture) for argument in arguments))
    assert status == 2
    assert sentence in output


def test_mini_vqa_is_first_and_judges_a_drawn_scene(node: Any) -> None:
    from encoderscope.host.judges.judge_choice import MINI_VQA, choices
    from encoderscope.nodes.loading import load_judge
    from encoderscope.nodes.picture import draw_scene

    assert choices()[0] == MINI_VQA == "mini-VQA (drawn scenes)"
    judge, text = load_judge.LoadJudge.execute(MINI_VQA).result
    assert text.startswith("mini-VQA") and "leaves unanswered" in text
    drawn = draw_scene.DrawScene.execute("red", "car", "blue", "house", 1, 128)[0]
    prompts = {"a red car and a blue house": True, "a blue car and a red house": False}
    for prompt, shows in prompts.items():
        result = node.ImageProbe.execute(drawn, prompt, judge=judge)
        report = valid(json.loads(result[1]))
        assert result[3] is shows
        says = {answer["says"] for answer in report["images"][0]["judges"][0]["answers"]}
        assert ("not as in the prompt" in says) is not shows
    photo = node.ImageProbe.execute(torch.rand(1, 64, 64, 3), "a red car", judge=judge)
    answers = json.loads(photo[1])["images"][0]["judges"][0]["answers"]
    assert {answer["says"] for answer in answers} == {"cannot tell"}


def test_mini_vqa_is_asked_beside_what_is_connected(node: Any) -> None:
    from encoderscope.host import miniatures as miniature
    from encoderscope.host.judges import judge_choice

    encoder = miniature.dual("mini-CLIP")
    both = judge_choice.load(judge_choice.MINI_VQA, "as stored", None, encoder, None)
    assert [each.title for each in both] == ["mini-VQA", encoder.title]
    alone = judge_choice.load(judge_choice.CONNECTED, "as stored", None, encoder, both)
    assert [each.title for each in alone] == ["mini-VQA", encoder.title, encoder.title]
