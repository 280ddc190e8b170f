"""Types into a program on a pseudo-terminal and waits for what it says.

The arguments are the program's command line. Standard input holds lines of JSON, `["keys", "expected"]`: the keys are
sent, and what appears from then on must come to hold the expected text, control sequences left out.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

SECONDS = 60
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\x07]")


def main():
    steps = [json.loads(line) for line in sys.stdin]
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        os.execv(sys.argv[1], sys.argv[1:])
    for keys, expected in steps:
        os.write(terminal, keys.encode())
        seen = wait(terminal, expected)
        print(f"--- {json.dumps(keys)}\n{seen}", flush=True)
        if expected not in seen:
            sys.exit(f"expected {expected!r}")
    while output(terminal, time.monotonic() + SECONDS):
        pass
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def wait(terminal, expected):
    """What appears, until it holds the text and nothing more comes."""
    seen, until = b"", time.monotonic() + SECONDS
    while True:
        shown = CONTROL.sub("", seen.decode(errors="replace"))
        found = expected in shown
        more = output(terminal, time.monotonic() + 0.2 if found else until)
        if not more:
            return shown
        seen += more


def output(terminal, until):
    ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
    try:
        return os.read(terminal, 65536) if ready else b""
    except OSError:
        return b""


main()
