# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium and one page in it, through the DevTools protocol on pipes.

Knows how to run JavaScript there, and keeps all that the console says. Knows nothing of the pages.
"""

import base64
import json
import os
import shutil
import subprocess

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--window-size=1400,1000"]


def absent():
    """Why there is no browser, or None."""
    return None if shutil.which("chromium") else "not installed: chromium"


class Browser:
    """Opens the page at once; `folder` is a fresh one for the browser's own files."""

    def __init__(self, page, folder, *options):
        here, there = os.pipe(), os.pipe()              # to the browser, from it
        command = ["bash", "-c", f'exec "$@" 3<&{here[0]} 4>&{there[1]}', "-", "chromium", *OPTIONS, *options,
                   f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(command, pass_fds=(here[0], there[1]), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(here[0])
        os.close(there[1])
        self.to, self.of = os.fdopen(here[1], "wb"), os.fdopen(there[0], "rb")
        self.rest, self.number, self.session, self.said = b"", 0, None, []
        target = next(target for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")
        self.requests = []
        self.loaded = False
        self.call("Page.navigate", url=page if "://" in page else f"file://{page}")
        while not self.loaded:
            self.take()

    def take(self):
        """The next message; what the console says and what is fetched is kept."""
        while b"\0" not in self.rest:
            more = os.read(self.of.fileno(), 1 << 20)
            if not more:
                raise EOFError(f"the browser has ended with status {self.process.wait()}")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\0")
        message = json.loads(line)
        if message.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.said.append(message["params"])
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        self.loaded = getattr(self, "loaded", False) or message.get("method") == "Page.loadEventFired"
        return message

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        self.to.write(json.dumps(request).encode() + b"\0")
        self.to.flush()
        while True:
            message = self.take()
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]

    def run(self, script):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def click(self, selector):
        """With the mouse, in the middle of what is there."""
        box = self.run(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
                       "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def picture(self, whole=False):
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.to.close()
        self.of.close()
