# layer: seccomp, asked of the keeper
# policy: open
# denial: net
# expect: refused AF_INET EPERM
# expect: refused AF_INET6 EPERM
# expect: refused AF_UNIX EPERM
# expect: refused AF_NETLINK EPERM
# expect: refused abstract EPERM
# expect: refused datagram-pair EPERM
"""Opens a socket of each family that leads somewhere: the network, another process's socket, the kernel."""

import errno
import os
import socket
import sys


def call_supervisor() -> None:
    """The test listens at this path."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(sys.argv[2])


def abstract() -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0vivarium-attack-{os.getpid()}")


ways = {
    "AF_INET": lambda: socket.socket(socket.AF_INET).close(),
    "AF_INET6": lambda: socket.socket(socket.AF_INET6).close(),
    "AF_NETLINK": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "AF_UNIX": call_supervisor,
    "abstract": abstract,
    # An unnamed datagram socket can send to any address, without connecting first.
    "datagram-pair": lambda: [end.close() for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)],
}
for way, attempt in ways.items():
    try:
        attempt()
        print("ATTACK-SUCCEEDED", way)
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
