"""Coverage-guided fuzzing of what reads bytes that nobody vouches for: `make fuzz`."""
