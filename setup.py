"""Builds the native engine. Everything else about the distribution stands in pyproject.toml.

The extension is optional: where no compiler is found the install goes on without it, and the
reference engine serves. TLIB_SANITIZE=1 builds it with AddressSanitizer and UBSan.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

CORE = Path("codec/tlib_codec/core")
WINDOWS = os.name == "nt"
FLAGS = ["/O2", "/std:c11"] if WINDOWS else ["-O3", "-std=c11"]
LINK: list[str] = []
if os.environ.get("TLIB_SANITIZE"):
    FLAGS = ["-O1", "-g", "-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
    LINK = ["-fsanitize=address,undefined"]

extensions = cythonize(
    [
        Extension(
            "tlib_codec._native",
            ["codec/tlib_codec/_native.pyx", *sorted(str(path) for path in CORE.glob("*.c"))],
            depends=[str(CORE / "tlib_core.h"), "codec/tlib_codec/_core.pxd"],
            include_dirs=[str(CORE)],
            extra_compile_args=FLAGS,
            extra_link_args=LINK,
        )
    ],
    include_path=["codec"],
    build_dir="build/cython",
)
for extension in extensions:
    extension.optional = True  # cythonize does not hand it on

setup(ext_modules=extensions)
