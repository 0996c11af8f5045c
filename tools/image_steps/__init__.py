"""The steps of the image, run without an engine for images; see docs/deployment.md."""
