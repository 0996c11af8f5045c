"""Telling others that a job is over: Standard Webhooks, signed and tried for a day."""
