"""The log of who did what, each row sealed with the one before."""
