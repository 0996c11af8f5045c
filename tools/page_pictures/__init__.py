"""Pictures of the page for its documentation, of made-up scenes alone; see __main__.py."""
