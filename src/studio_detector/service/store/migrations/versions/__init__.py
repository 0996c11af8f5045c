"""One file a step; each knows the one before."""
