"""What the service tells of itself in numbers, for Prometheus to fetch."""
