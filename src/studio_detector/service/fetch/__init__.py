"""Pictures at addresses, fetched from where it is allowed and from nowhere else."""
