"""A harness of many moods: the message number of a frame says what happens.

With an argument it is a server on that port (0: any; the port is told on the standard error), or, ``once``,
a program that reads a single frame from its standard input or from a file.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path

ABORT, SLEEP, RAISE, CHATTER, SWELL, LEAVE, SECOND, SKIP, REFUSE, SLOW_SWELL, TIRED, FULL, MUTE = range(1, 14)
hoard = []
frames = []


def answer(frame):
    frames.append(frame)
    mood = int.from_bytes(frame[4:6], "big")
    if mood == ABORT:
        os.kill(os.getpid(), signal.SIGABRT)
    elif mood == SLEEP:
        time.sleep(60)
    elif mood == RAISE:
        raise KeyError("no such thing")
    elif mood == CHATTER:
        return "debug: here we are"
    elif mood == SWELL:
        bytearray(150 << 20)
    elif mood == SLOW_SWELL:
        while True:
            hoard.append(bytearray(b"x" * (16 << 20)))
            time.sleep(0.01)
    elif mood == LEAVE:
        sys.exit(3)
    elif mood == SECOND and len(frames) > 40:
        os.abort()
    elif mood == TIRED and len(frames) > 40:
        time.sleep(60)
    elif mood == FULL and len(frames) > 40:
        bytearray(150 << 20)
    elif mood == MUTE and len(frames) > 40:
        return None
    elif mood == SKIP:
        return "skip"
    elif mood == REFUSE:
        return "reject flags-not-liked"
    return "accept"


def serve(source, answers):
    while head := source.read(4):
        frame = source.read(int.from_bytes(head, "big"))
        told = answer(frame)
        if told is not None:
            answers.write(told.encode() + b"\n")
            answers.flush()


def listen(port):
    with socket.create_server(("127.0.0.1", port)) as server:
        sys.stderr.write(f"{server.getsockname()[1]}\n")
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as file:
                try:
                    serve(file, file)
                except (KeyError, SystemExit, ConnectionError):
                    continue


def once(path=None):
    with Path(path).open("rb") if path else sys.stdin.buffer as file:
        told = answer(file.read())
    if told.startswith("reject"):
        sys.stdout.write(f"{told}\n")
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        once(*sys.argv[2:])
    elif sys.argv[1:]:
        listen(int(sys.argv[1]))
    else:
        serve(sys.stdin.buffer, sys.stdout.buffer)
