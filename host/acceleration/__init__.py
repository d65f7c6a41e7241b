"""The host's own encoders with faster products and without repeated work, as patches on a clone of
a CLIP (decision 9).
"""
