"""What the supervisor decided about every session of this zygote; trusted data, read once."""

from __future__ import annotations

import base64
import sys
from typing import Any, Dict, List

from .channel import encode
from .guard import ImportRules

PROTOCOL_VERSION = 1


class Spec:
    """The lowered plan: limits in bytes, milliseconds and counts, import patterns, walls."""

    def __init__(self, config: Dict[str, Any], uids: int) -> None:
        self.policy: str = config["policy"]
        self.limits: Dict[str, int] = config["limits"]
        # The supervisor takes no longer line than this.
        self.line_bytes: int = config["lineBytes"]
        self.imports_allowed: List[str] = config["imports"]["allow"]
        self.imports_denied: List[str] = config["imports"]["deny"]
        # Made once: a copy of these lists would be memory of every session's own.
        self.rules = ImportRules(self.imports_allowed, self.imports_denied)
        self.seccomp: bytes = base64.b64decode(config["seccomp"])
        self.seal: bytes = base64.b64decode(config["seal"])
        # The first message of every session, as a line: the same for all, so it is made once.
        self.ready = encode(
            {
                "type": "ready",
                "protocol": PROTOCOL_VERSION,
                "python": ".".join(map(str, sys.version_info[:3])),
                "enforcement": config["enforcement"],
            }
        )
        self.write: List[str] = config["write"]
        self.private: Dict[str, str] = config["private"]
        self.execute: List[str] = config["execute"]
        # Started as root, every session gets a host uid of its own.
        self.many_uids: bool = uids > 1
        # Numbers of the system calls that wait for the keeper.
        self.notified: Dict[int, str] = {int(number): call for number, call in config["notified"].items()}
