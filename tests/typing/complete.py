"""Whether pyright knows every public type of a package: python tests/typing/complete.py PACKAGE.

Strategy: `pyright --verifytypes` is run away from the checkout, as a user's checker sees the installed package. Types of libraries that have
none (pyarrow, pyspark) do not count.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Print every symbol without a complete type; exit with 1 where there is one."""
    package = sys.argv[1]
    command = [sys.executable, "-m", "pyright", "--outputjson", "--ignoreexternal", "--verifytypes", package]
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))  # pyright asks the first python there
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": programs}, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    untyped = importlib.util.find_spec("pyspark") is None  # the base classes of the data source
    incomplete = [
        symbol
        for symbol in report["typeCompleteness"]["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"] and not (untyped and symbol["name"].startswith("tlib_codec.arrow.spark."))
    ]
    for symbol in incomplete:
        for problem in symbol["diagnostics"]:
            print(f"{symbol['name']}: {problem['message']}")
    print(f"{package}: {len(incomplete)} public symbols without a complete type, of {len(report['typeCompleteness']['symbols'])}")
    sys.exit(bool(incomplete) or not report["typeCompleteness"]["symbols"])


if __name__ == "__main__":
    main()
