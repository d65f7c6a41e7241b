"""Judges that the host's own models make."""
