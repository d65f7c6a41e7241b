"""The audit report: a set of captions under the encoders of one image model."""
