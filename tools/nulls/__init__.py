"""What the pack brings so that a first verdict need not measure it."""
