"""`python -m studies` is the command `wsnas`."""

from __future__ import annotations

from studies.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
