"""Reports that travel: a report as a file, and the card that has it inside."""
