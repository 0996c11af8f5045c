"""What comes in: pictures, addresses and batches become jobs."""
