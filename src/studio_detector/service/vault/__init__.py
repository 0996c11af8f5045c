"""Pictures encrypted at rest, each under a key of its own."""
