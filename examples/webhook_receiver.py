"""A receiver of callbacks: ``CALLBACK_SECRET=whsec_... python webhook_receiver.py 9000``."""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from studio_detector.client.webhook import verify
from studio_detector.errors import RequestError


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is signed, and 401 to everything else."""

    def do_POST(self) -> None:
        """Check one callback, and print what it says."""
        payload = self.rfile.read(min(abs(int(self.headers["content-length"])), 20_000))
        try:
            event = verify(payload, self.headers, os.environ["CALLBACK_SECRET"])
        except RequestError as error:
            return self.send_error(401, error.code)
        print(event["type"], event["data"], flush=True)
        self.send_response(204)
        return self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
