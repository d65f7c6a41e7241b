"""A program called encoderscope that starts in no time: a process that has imported what commands
import forks for each of them, and lends it the caller's folder, environment and streams.

    python warm_program.py SOCKET              the process that forks; it says "ready"
    client(SOCKET)                             the text of a program that asks it

A command runs in a process of its own, as it would; only the imports of ComfyUI, torch and
transformers, which take seconds, are not repeated. For POSIX.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
from pathlib import Path

IMPORTED = (
    "torch",
    "transformers",
    "transformers.models.auto.modeling_auto",
    "transformers.models.clip.modeling_clip",
    "transformers.models.siglip.modeling_siglip",
    "transformers.models.t5.modeling_t5",
    "encoderscope.host.tokenizers",
    "encoderscope.host.reports.token_reports",
    "encoderscope.host.reports.probe_reports",
    "encoderscope.host.miniatures",
)
_CLIENT = """#!{python} -IS
import json, os, socket, sys
caller = socket.socket(socket.AF_UNIX)
caller.connect({path!r})
call = [sys.argv[1:], os.getcwd(), dict(os.environ)]
socket.send_fds(caller, [json.dumps(call).encode()], [0, 1, 2])
caller.shutdown(socket.SHUT_WR)
sys.exit(int(caller.recv(16)))
"""


def client(path: Path) -> str:
    """A program that has its command run by the process at ``path``."""
    return _CLIENT.format(python=sys.executable, path=str(path))


def serve(path: str) -> None:
    """Fork for every caller, one after the other."""
    from encoderscope.cli import main
    from encoderscope.cli.common import attach_host

    attach_host()
    for name in IMPORTED:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("ready", flush=True)
        while True:
            caller, _ = listening.accept()
            message, descriptors, _, _ = socket.recv_fds(caller, 1 << 20, 3)
            while part := caller.recv(1 << 20):
                message += part
            child = os.fork()
            if not child:
                _run(main.main, *json.loads(message), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            _, status = os.waitpid(child, 0)
            caller.sendall(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())
            caller.close()


def _run(
    main: object, arguments: list[str], folder: str, environment: dict[str, str], streams: list[int]
) -> None:
    """The command, in the forked process; it does not return."""
    status = 70
    try:
        for own, lent in enumerate(streams):
            os.dup2(lent, own)
        sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, range(3), "rww")
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        assert callable(main)
        status = main(arguments)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 2
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
