#!/usr/bin/env python3
"""Lockstep and Python's huggingface_hub find in the cache what the other has laid out there.

  python3 scripts/reference/check_hub_cache.py MODEL

MODEL is a folder with config.json, model.safetensors and a tokenizer, such as a run's model/. A small
hub on loopback serves it as org/model; no other network is used. Needs huggingface_hub and a built
.build/release/lockstep.
"""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOCKSTEP = os.path.join(ROOT, ".build", "release", "lockstep")
COMMIT = "0123456789" * 4
FETCH = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download("org/model", local_files_only=sys.argv[1] == "offline"))
"""


def read(path):
    with open(path, "rb") as file:
        return file.read()


def etag(name, data):
    if name.endswith(".safetensors"):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def serve(folder):
    files = {name: read(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}

    class Hub(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, status, headers, body):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_GET(self):
            path = self.path.split("?")[0]
            if path.startswith("/api/models/org/model/revision/"):
                listing = {"id": "org/model", "sha": COMMIT, "private": False, "downloads": 0,
                           "tags": [], "likes": 0,
                           "siblings": [{"rfilename": name} for name in files]}
                return self.reply(200, {}, json.dumps(listing).encode())
            if path.startswith("/api/models/org/model/tree/"):
                tree = [{"type": "file", "path": name, "size": len(data), "oid": etag(name, data)}
                        for name, data in files.items()]
                return self.reply(200, {}, json.dumps(tree).encode())
            name = path.rsplit("/", 1)[1]
            if "/resolve/" not in path or name not in files:
                return self.reply(404, {"X-Error-Code": "EntryNotFound"}, b"")
            headers = {"ETag": '"%s"' % etag(name, files[name]), "X-Repo-Commit": COMMIT}
            return self.reply(200, headers, files[name])

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(words, home, server, offline):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))}
    environment.update(
        HF_HOME=home, HF_ENDPOINT="http://127.0.0.1:%d" % server.server_address[1],
        HF_HUB_OFFLINE="1" if offline else "0", HF_HUB_DISABLE_XET="1",
        HF_HUB_DISABLE_TELEMETRY="1", no_proxy="127.0.0.1")
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s: code %d:\n%s%s" % (words[0], done.returncode, done.stdout, done.stderr))
    return done.stdout.strip()


def layout(home):
    """Every file and link below models--org--model, and what it holds."""
    top = os.path.join(home, "hub", "models--org--model")
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            held = os.readlink(path) if os.path.islink(path) else hashlib.sha256(read(path)).hexdigest()
            found[os.path.relpath(path, top)] = held
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    server = serve(sys.argv[1])
    fill = [LOCKSTEP, "fill-mask", "--model", "org/model", "a [MASK] ."]
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        run(fill, ours, server, offline=False)
        run([sys.executable, "-c", FETCH, "online"], theirs, server, offline=False)
        server.shutdown()
        path = run([sys.executable, "-c", FETCH, "offline"], ours, server, offline=True)
        if not path.endswith("models--org--model/snapshots/" + COMMIT):
            sys.exit("Python does not find what Lockstep downloaded: " + path)
        if run(fill, ours, server, offline=True) != run(fill, theirs, server, offline=True):
            sys.exit("the same model answers differently")
        mine, other = layout(ours), layout(theirs)
        different = [name for name in mine if mine[name] != other.get(name)]
        if different or not mine:
            sys.exit("laid out differently: " + ", ".join(different))
        extra = sorted(set(other) - set(mine))
        print("equal: %d files and links; only Python's: %s" % (len(mine), ", ".join(extra) or "none"))


if __name__ == "__main__":
    main()
