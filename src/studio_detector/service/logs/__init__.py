"""What the service says of itself: one line for each event, with the ids of what it is about."""
