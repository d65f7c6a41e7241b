"""Questions about a picture, from the reading of the prompt."""
