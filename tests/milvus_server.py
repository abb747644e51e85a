"""Milvus Lite behind Milvus' own protocol: `python -m tests.milvus_server FOLDER` prints the port it listens on."""

from __future__ import annotations

import sys

from milvus_lite.adapter.grpc.server import start_server_in_thread


def main() -> None:
    server, database, port = start_server_in_thread(sys.argv[1])
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()  # until whoever started us is gone
    server.stop(grace=0).wait()
    database.close()


if __name__ == "__main__":
    main()
