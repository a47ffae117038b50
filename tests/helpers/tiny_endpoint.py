"""An OpenAI-compatible endpoint on this machine that plays a served Qwen-VL: fixed replies by words of the question.

python tests/helpers/tiny_endpoint.py 8000
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log

REPLIES = (("How many", "3"), ("Please check", "No"), ("where", "top,left"))


class Server(ThreadingHTTPServer):
    """Keeps what it was sent. mode: "whole", or one of the ways in which servers disappoint. port 0: any free one."""

    def __init__(self, port: int = 0):
        super().__init__(("127.0.0.1", port), Handler)
        self.sent, self.headers_seen, self.mode = [], [], "whole"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.say({"data": [{"id": "a-qwen"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent.append(body)
        self.server.headers_seen.append(dict(self.headers))
        mode = self.server.mode
        if mode == "refuses":
            return self.say({"error": "no such\nmodel"}, 404)
        if mode == "moves":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/")
            return self.end_headers()
        if mode == "nonsense":
            return self.say({"what": 1})
        if mode == "no logprobs" and "logprobs" in body:
            return self.say({"error": "logprobs are not supported"}, 400)
        content = body["messages"][-1]["content"]
        text = "".join(part.get("text", "") for part in content)
        said = next((reply for word, reply in REPLIES if word in text), "a road is built")
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        if "logprobs" in body:
            choice["logprobs"] = {"content": [step(said)]}
        return self.say({"choices": [choice]})

    def say(self, answer, status=200):
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def step(said):
    others = {"No": {"No": 0.6, "Yes": 0.15, " yes": 0.05}, "3": {"3": 0.4, "2": 0.1}}.get(said, {said: 0.5})
    top = [{"token": token, "logprob": log(p)} for token, p in others.items()]
    return {"token": said, "logprob": top[0]["logprob"], "top_logprobs": top}


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: python tests/helpers/tiny_endpoint.py PORT")
    server = Server(int(sys.argv[1]))
    print(f"serving on {server.url}; Ctrl-C ends", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
