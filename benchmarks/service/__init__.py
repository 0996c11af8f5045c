"""What the service costs beside the batch command: throughput, latency, priorities."""
