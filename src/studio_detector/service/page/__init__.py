"""The page on which people use the service in a browser."""
