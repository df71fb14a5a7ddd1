"""``python -m engine``: serve | estimate | models | doctor | bench | train."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run a command; returns the exit code."""
    # Threads that wait must not spin: beside a Blender that renders, spinning makes the networks several times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.argv[1:] == ["serve"]:  # Blender waits for it: nothing else is imported
        from .server import main as serve

        return serve()
    try:
        from .cli.commands import main as run_command
    except ImportError as error:
        from .protocol import ErrorCode, PlatelightError

        missing = PlatelightError(ErrorCode.ENGINE_INCOMPLETE, str(error))
        print(missing, file=sys.stderr)
        return missing.exit_code
    return run_command()


if __name__ == "__main__":
    sys.exit(main())
