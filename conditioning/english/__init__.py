"""What an English prompt says: words, noun phrases, statements, test sentences."""
