"""Where the time of one request goes, across processes: spans, as OpenTelemetry counts them."""
