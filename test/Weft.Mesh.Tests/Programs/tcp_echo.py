"""Sends back what it receives where HOST and PORT say, and its end."""
import os
import socketserver


class Connection(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server((os.environ["HOST"], int(os.environ["PORT"])), Connection).serve_forever()
