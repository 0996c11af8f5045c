"""Messages that carry the name of a job, the workers that take them, and the sweeper."""
