# layer: seccomp, asked of the keeper; Landlock
# policy: strict
# policy: data
# denial: run
# denial-under: strict
# expect: refused system
# expect: refused subprocess (EPERM|EACCES|ENOENT)
# expect: refused execve (EPERM|EACCES|ENOENT)
# expect: refused script (EPERM|EACCES)
# expect: refused loader (EPERM|EACCES|ENOENT|status \d+)
"""Starts a program that the policy does not grant, in each way there is."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile


def child(run: "object") -> None:
    """Runs in a fork, so that an exec that works can be told of; without forks, in this process's own place."""
    program = ["/bin/echo", "ATTACK-SUCCEEDED execve"]
    try:
        pid = os.fork()
    except PermissionError:
        os.execve(program[0], program, {})
    if pid == 0:
        try:
            os.execve(program[0], program, {})
        except OSError as error:
            os._exit(error.errno)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise OSError(status, "execve")


def script(_: "object") -> None:
    # Where a file may be executed at all: a home folder outside, /workspace inside.
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
        path = os.path.join(folder, "script")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho ATTACK-SUCCEEDED script\n")
        os.chmod(path, 0o700)
        subprocess.run([path], check=True)


def loader(_: "object") -> None:
    """The dynamic loader maps a program itself: only reading it and executable mappings are needed."""
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
        path = os.path.join(folder, "program")
        source = "/bin/echo" if os.path.exists("/bin/echo") else os.path.realpath(sys.executable)
        shutil.copyfile(source, path)
        found = [p for p in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1") if os.path.exists(p)]
        ran = subprocess.run([*found, path, "ATTACK-SUCCEEDED loader"])
        if ran.returncode:
            print("refused loader status", ran.returncode)


sys.stdout.flush()
for way, attempt in (("subprocess", lambda _: subprocess.run(["/bin/echo", "ATTACK-SUCCEEDED subprocess"], check=True)),
                     ("execve", child), ("script", script), ("loader", loader)):
    try:
        attempt(None)
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
try:
    if os.system("echo ATTACK-SUCCEEDED system"):
        print("refused system")
except OSError:
    print("refused system")
