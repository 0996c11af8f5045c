"""Dashboards as pictures: read their panels, ask a Prometheus, draw what it says."""
