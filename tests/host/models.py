"""The host's model class of every family that can be made small: all of ComfyUI 0.3.75, and most
that came later.
"""

# In ComfyUI 0.3.75. Where sd.py gets each family's model; a name in small letters is a factory of
# local subclasses.
MODELS = {
    "sd1": "sd1_clip.SD1ClipModel",
    "sd2": "text_encoders.sd2_clip.SD2ClipModel",
    "sdxl": "sdxl_clip.SDXLClipModel",
    "sdxl_refiner": "sdxl_clip.SDXLRefinerClipModel",
    "stable_cascade": "sdxl_clip.StableCascadeClipModel",
    "sd3": "text_encoders.sd3_clip.sd3_clip",
    "flux": "text_encoders.flux.flux_clip",
    "flux2": "text_encoders.flux.flux2_te",
    "hidream": "text_encoders.hidream.hidream_clip",
    "pixart_or_chroma": "text_encoders.pixart_t5.pixart_te",
    "ltxv": "text_encoders.lt.ltxv_te",
    "mochi": "text_encoders.genmo.mochi_te",
    "cosmos": "text_encoders.cosmos.te",
    "wan": "text_encoders.wan.te",
    "aura": "text_encoders.aura_t5.AuraT5Model",
    "stable_audio": "text_encoders.sa_t5.SAT5Model",
    "ace": "text_encoders.ace.AceT5Model",
    "hunyuan_dit": "text_encoders.hydit.HyditModel",
    "hunyuan_video": "text_encoders.hunyuan_video.hunyuan_video_clip",
    "hunyuan_video_15": "text_encoders.hunyuan_image.te",
    "hunyuan_image": "text_encoders.hunyuan_image.te",
    "lumina2": "text_encoders.lumina2.te",
    "qwen_image": "text_encoders.qwen_image.te",
    "z_image": "text_encoders.z_image.te",
    "omnigen2": "text_encoders.omnigen2.te",
}

# Not in ComfyUI 0.3.75.
NEWER = {
    "flux2_klein_4b": "text_encoders.flux.klein_te",
    "cogvideox": "text_encoders.cogvideo.cogvideo_te",
    "ltx2": "text_encoders.lt.ltxav_te",
    "stable_audio_3": "text_encoders.sa3.SAT5GemmaModel",
    "kandinsky5": "text_encoders.kandinsky5.te",
    "newbie": "text_encoders.newbie.te",
    "pixeldit": "text_encoders.pixeldit.pixeldit_te",
    "ovis": "text_encoders.ovis.te",
    "longcat_image": "text_encoders.longcat_image.te",
    "ideogram4": "text_encoders.ideogram4.te",
    "boogu": "text_encoders.boogu.te",
    "krea2": "text_encoders.krea2.te",
    "joyimage": "text_encoders.joyimage.te",
    "mage": "text_encoders.mage_flow.te",
    "minimax_h3": "text_encoders.minimax.te",
    "anima": "text_encoders.anima.te",
    "ernie_image": "text_encoders.ernie.te",
}
