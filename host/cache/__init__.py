"""Asks the cache of conditionings before an encoder is loaded, and stores what was encoded."""
