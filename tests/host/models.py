"""The host's model class of every family that ComfyUI 0.3.75 has."""

# Where sd.py gets each family's model; a name in small letters is a factory of local subclasses.
MODELS = {
    "sd1": "sd1_clip.SD1ClipModel", "sd2": "text_encoders.sd2_clip.SD2ClipModel", "sdxl": "sdxl_clip.SDXLClipModel",
    "sdxl_refiner": "sdxl_clip.SDXLRefinerClipModel", "stable_cascade": "sdxl_clip.StableCascadeClipModel",
    "sd3": "text_encoders.sd3_clip.sd3_clip", "flux": "text_encoders.flux.flux_clip",
    "flux2": "text_encoders.flux.flux2_te", "hidream": "text_encoders.hidream.hidream_clip",
    "pixart_or_chroma": "text_encoders.pixart_t5.pixart_te", "ltxv": "text_encoders.lt.ltxv_te",
    "mochi": "text_encoders.genmo.mochi_te", "cosmos": "text_encoders.cosmos.te", "wan": "text_encoders.wan.te",
    "aura": "text_encoders.aura_t5.AuraT5Model", "stable_audio": "text_encoders.sa_t5.SAT5Model",
    "ace": "text_encoders.ace.AceT5Model", "hunyuan_dit": "text_encoders.hydit.HyditModel",
    "hunyuan_video": "text_encoders.hunyuan_video.hunyuan_video_clip",
    "hunyuan_video_15": "text_encoders.hunyuan_image.te", "hunyuan_image": "text_encoders.hunyuan_image.te",
    "lumina2": "text_encoders.lumina2.te", "qwen_image": "text_encoders.qwen_image.te",
    "z_image": "text_encoders.z_image.te", "omnigen2": "text_encoders.omnigen2.te",
}  # fmt: skip
