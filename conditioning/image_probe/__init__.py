"""Station 4: what a picture shows of a prompt, and whether the scorer can tell."""
