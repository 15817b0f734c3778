"""Echoes WebSocket text messages (RFC 6455) where HOST and PORT say; answers every other request with 200."""
import base64
import hashlib
import os
import socketserver
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline():
            headers = {}
            while (line := self.rfile.readline().strip()):
                name, _, value = line.partition(b":")
                headers[name.strip().lower()] = value.strip()
            key = headers.get(b"sec-websocket-key")
            if key is None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                continue
            accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            self.echo()
            return

    def echo(self):
        while (head := self.rfile.read(2)):
            operation, length = head[0] & 0x0F, head[1] & 0x7F
            if length == 126:
                length = struct.unpack("!H", self.rfile.read(2))[0]
            mask, payload = self.rfile.read(4), self.rfile.read(length)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
            self.wfile.write(bytes([0x80 | operation]) + (bytes([length]) if length < 126 else b"\x7e" + struct.pack("!H", length)) + payload)
            if operation == 8:
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server((os.environ["HOST"], int(os.environ["PORT"])), Connection) as server:
    server.serve_forever()
