"""The service: pictures in over HTTP, jobs never lost, results kept (extra ``service``)."""
