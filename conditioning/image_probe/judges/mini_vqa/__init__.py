"""mini-VQA: the judge that comes with the pack, trained by this project on drawn scenes."""
