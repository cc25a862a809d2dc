"""Build the native engine. Everything else about the distribution stands in pyproject.toml.

The extensions are optional: where no compiler is found the install goes on without them, and the
reference engine serves. TLIB_SANITIZE=1 builds them with AddressSanitizer and UBSan.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

NATIVE = Path("codec/tlib_codec/native")
CORE = NATIVE / "core"
WINDOWS = os.name == "nt"
FLAGS = ["/O2", "/std:c11"] if WINDOWS else ["-O3", "-std=c11"]
LINK: list[str] = []
if os.environ.get("TLIB_SANITIZE"):
    FLAGS = ["-O1", "-g", "-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
    LINK = ["-fsanitize=address,undefined"]

ENGINE = ("frame.c", "list.c", "stream.c")
COLUMNS = ("columns.c", "columns_export.c")
TEXT = (
    *("log_in.c", "log_list.c", "log_values.c", "log_header.c", "log_clock.c", "log_text.c"),
    *("frames.c", "json_list.c", "json_out.c", "json_read.c", "json_read_list.c", "json_read_attribute.c", "json_in.c"),
)
BATCHES = ("frames.c", "check.c", "fields.c", "query.c", "packets_out.c", "blake2b.c", "pseudonym.c", "redact.c", "selected_out.c")


def module(name: str, sources: tuple[str, ...]) -> Extension:
    """One Cython module and the part of the core that it needs."""
    return Extension(
        f"tlib_codec.native.{name}",
        [str(NATIVE / f"{name}.pyx"), *(str(CORE / source) for source in sources)],
        depends=[*map(str, CORE.glob("*.h")), *map(str, NATIVE.glob("*.pxd")), *map(str, NATIVE.glob("glue/*.pxi"))],
        include_dirs=[str(CORE)],
        extra_compile_args=FLAGS,
        extra_link_args=LINK,
    )


extensions = cythonize(
    [
        module("engine", ENGINE),
        module("columns", ENGINE + COLUMNS),
        module("capture", ("packets.c",)),
        module("text", ENGINE + TEXT),
        module("batches", ENGINE + BATCHES),
    ],
    include_path=["codec"],
    build_dir="build/cython",
)
for extension in extensions:
    extension.optional = True  # cythonize does not hand it on

setup(ext_modules=extensions)
