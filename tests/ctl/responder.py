# SPDX-License-Identifier: BSD-2-Clause
"""An HTTP responder on a Unix socket that records what it is asked and answers what it is told."""
import http.server
import json
import socketserver
import sys
import threading
import urllib.parse


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True)
        asked = dict(sent)
        assert len(asked) == len(sent), f"a name twice: {sent}"
        self.server.asked.append(asked)
        status, answer = self.server.answer_to(asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass


class Responder(socketserver.ThreadingUnixStreamServer):
    """Answers by action: content (bytes as they are), (status, content), or a function of the
    request that returns one of these."""
    daemon_threads = True

    def __init__(self, path):
        super().__init__(str(path), _Handler)
        self.path = str(path)
        self.answers = {}
        self.asked = []
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def answer_to(self, asked):
        answer = self.answers.get(asked.get("Action"), {"RequestId": "R-1"})
        if callable(answer):
            answer = answer(asked)
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        return status, content if isinstance(content, bytes) else json.dumps(content).encode()

    def handle_error(self, request, client_address):
        """That one who asked is gone is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def end(self):
        self.shutdown()
        self.server_close()
        self.thread.join()
