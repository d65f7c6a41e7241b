"""Text-encoder files: naming, loading, making smaller."""
