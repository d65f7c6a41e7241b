"""What the host's Load Checkpoint makes of a checkpoint with Long-CLIP: our note of it is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make

pytestmark = pytest.mark.host

UNET = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "num_res_blocks": [2, 2, 2, 2],
    "channel_mult": [1, 2, 4, 4],
    "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    "transformer_depth_middle": 1,
    "num_heads": 8,
    "num_head_channels": -1,
    "context_dim": 768,
    "use_spatial_transformer": True,
}
"""The host knows a checkpoint by its U-Net: that of Stable Diffusion 1.5."""


@pytest.mark.parametrize("positions", [77, 248])
def test_load_checkpoint_takes_77_positions_and_fails_on_248(
    positions: int, host_folder: Path, tmp_path: Path
) -> None:
    import comfy.ops
    import comfy.sd
    from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel

    unet = UNetModel(**UNET, device="meta", operations=comfy.ops.disable_weight_init)
    shapes = {name: tuple(tensor.shape) for name, tensor in unet.state_dict().items()}
    path = make.sparse(
        tmp_path / "sd15.safetensors",
        {
            **make.below("model.diffusion_model.", shapes),
            **make.below(
                "cond_stage_model.transformer.", make.clip_text(768, 12, positions=positions)
            ),
        },
    )
    report = inspect(path)
    [note] = [note for note in report["notes"] if "Load Checkpoint" in note]
    options = {"output_vae": False, "output_clip": True, "output_model": False}
    if positions == 77:
        assert note == "Load it with Load Checkpoint, which gives its CLIP."
        _, clip, *_ = comfy.sd.load_checkpoint_guess_config(str(path), **options)
        assert [len(window) for window in clip.tokenize("red " * 100)["l"]] == [77, 77]
        return
    assert note.startswith("Load Checkpoint fails on it: its Long-CLIP-L (ViT-L/14) has 248")
    with pytest.raises(RuntimeError, match=r"size mismatch for .*position_embedding"):
        comfy.sd.load_checkpoint_guess_config(str(path), **options)
