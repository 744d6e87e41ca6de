"""Processes that end, and what wait4(2) says of each: a line `pid kind status seconds` each.

    exits.py can     whether the kernel tells this process of ends, by taskstats: `yes` or `no`
    exits.py run     starts thirty busy processes of 300 ms, one with threads, and one that is killed
"""

import os
import signal
import socket
import struct
import sys
import threading
import time

GENERIC, CONTROL, GET_FAMILY, FAMILY_ID, FAMILY_NAME, GET_STATS, OF_PID, LISTEN = 16, 16, 3, 1, 2, 1, 1, 3


def attribute(kind, value):
    return struct.pack("HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def ask(channel, kind, command, question, flags=1):
    payload = struct.pack("BBH", command, 1, 0) + question
    channel.send(struct.pack("IHHII", 16 + len(payload), kind, flags, 1, 0) + payload)
    answer = channel.recv(65536)
    if struct.unpack_from("H", answer, 4)[0] == 2 and struct.unpack_from("i", answer, 16)[0] != 0:
        raise OSError(-struct.unpack_from("i", answer, 16)[0], "refused")
    return answer[20:]


def can():
    """Whether this process may listen, and the version of `taskstats` names the process of a thread and has its fields where all but version 15 have them."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, GENERIC) as channel:
            family = dict(attributes(ask(channel, CONTROL, GET_FAMILY, attribute(FAMILY_NAME, b"TASKSTATS\0"))))[FAMILY_ID]
            number = struct.unpack("H", family[:2])[0]
            told = ask(channel, number, GET_STATS, attribute(OF_PID, struct.pack("I", os.getpid())))
            version = struct.unpack_from("H", told, 16)[0]
            ask(channel, number, GET_STATS, attribute(LISTEN, open("/sys/devices/system/cpu/possible", "rb").read().strip() + b"\0"), flags=5)
            # Told in the host's network namespace only.
            channel.settimeout(2)
            one = threading.Thread(target=time.monotonic)
            one.start()
            channel.recv(65536)
            one.join()
            return version >= 12 and version != 15
    except OSError:
        return False


def burn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def start(body):
    pid = os.fork()
    if pid == 0:
        body()
        os._exit(99)
    return pid


def threads():
    several = [threading.Thread(target=burn, args=(0.2,)) for _ in range(3)]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    os._exit(77)


def busy(code):
    burn(0.3)
    os._exit(code)


def killed():
    burn(0.1)
    os.kill(os.getpid(), signal.SIGKILL)


def told(kinds):
    pid, status, use = os.wait4(-1, 0)
    print(pid, kinds[pid], os.waitstatus_to_exitcode(status), use.ru_utime + use.ru_stime, flush=True)


def run():
    kinds = {start(threads): "threads"}
    told(kinds)
    kinds[start(killed)] = "killed"
    told(kinds)
    for code in range(0, 30, 2):
        for one in (code, code + 1):
            kinds[start(lambda: busy(one))] = "busy"
        told(kinds)
        told(kinds)


if sys.argv[1] == "can":
    print("yes" if can() else "no")
else:
    run()
