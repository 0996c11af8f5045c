"""Kills, stops and floods a running service, and counts jobs in and results out.

The service is a black box here: processes, HTTP and, at the end, its database.
"""
