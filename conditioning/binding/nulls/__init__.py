"""What blind encoders score, kept: under which keys, and in which files."""
