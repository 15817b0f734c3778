#!/usr/bin/env python3
"""The bookshop's catalogue: which books there are. Python's standard library and nothing else.

Listens on HOST:PORT (default 0.0.0.0:9080).
  GET /books        all books
  GET /books/ID     one book
  GET /health       200 when it serves
"""
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BOOKS = json.loads((Path(__file__).parent / "books.json").read_text(encoding="utf-8"))
BY_ID = {str(book["id"]): book for book in BOOKS}


class Catalog(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "catalog"
    disable_nagle_algorithm = True

    def do_GET(self):
        path = self.path.split("?", 1)[0].rstrip("/")
        if path == "/books":
            self.reply(200, BOOKS)
        elif path == "/health":
            self.reply(200, {"status": "ok"})
        elif path.startswith("/books/") and path[7:] in BY_ID:
            self.reply(200, BY_ID[path[7:]])
        else:
            self.reply(404, {"error": f"there is nothing at {self.path}"})

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        print(f"{self.command} {self.path} {args[1] if len(args) > 1 else ''}", flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def main():
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "9080"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server((host, port), Catalog) as server:
        print(f"catalog listens on {host}:{port} with {len(BOOKS)} books", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
