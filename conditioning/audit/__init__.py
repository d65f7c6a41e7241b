"""Many captions at once: what a tokenizer loses of each, and sums over all."""
