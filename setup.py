"""Build the native engine. Everything else about the distribution stands in pyproject.toml.

The extensions are optional: where no compiler is found the install goes on without them, and the
reference engine serves. TLIB_SANITIZE=1 builds them with AddressSanitizer and UBSan. TLIB_PGO=1 builds them twice:
with counters for `benchmarks.training`, then with what was counted. Wheels are built so; it needs gcc.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NATIVE = Path("codec/tlib_codec/native")
CORE = NATIVE / "core"
WINDOWS = os.name == "nt"
FLAGS = ["/O2", "/std:c11"] if WINDOWS else ["-O3", "-std=c11"]
LINK: list[str] = []
if os.environ.get("TLIB_SANITIZE"):
    FLAGS = ["-O1", "-g", "-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
    LINK = ["-fsanitize=address,undefined"]
PGO = bool(os.environ.get("TLIB_PGO"))
COUNT = ["-fprofile-generate"]
# What the training did not run is compiled as without a profile, not for size.
USE = ["-fprofile-use", "-fprofile-partial-training", "-Wno-missing-profile"]

ENGINE = ("frame.c", "list.c", "stream.c")
COLUMNS = ("columns.c", "columns_export.c")
TEXT = (
    *("log_in.c", "log_list.c", "log_values.c", "log_problems.c", "log_header.c", "log_clock.c", "log_text.c"),
    *("check.c", "wording.c"),
    *("frames.c", "json_list.c", "json_out.c", "csv_out.c", "json_read.c", "json_read_list.c", "json_read_attribute.c", "json_in.c"),
)
BATCHES = ("frames.c", "check.c", "fields.c", "query.c", "packets_out.c", "blake2b.c", "pseudonym.c", "redact.c", "selected_out.c")
CALLS = ("frames.c", "check.c", "wording.c", "json_list.c", "json_out.c", "calls.c", "calls_out.c")


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
        module("calls", ENGINE + CALLS),
    ],
    include_path=["codec"],
    build_dir="build/cython",
)
for extension in extensions:
    extension.optional = True  # cythonize does not hand it on


class Build(build_ext):
    """Build the extensions, and say so if one is missing."""

    def run(self) -> None:
        super().run()
        missing = [one.name for one in self.extensions if not Path(self.get_ext_fullpath(one.name)).exists()]
        if missing:
            self.warn(f"not built: {', '.join(missing)}. The reference engine serves, which is much slower: docs/engines.md")


class BuildTwice(Build):
    """Build with counters, run the training, build again with what it counted; once and plainly where the compiler is not gcc."""

    flags: tuple[list[str], list[str]] = [], []

    def build_extensions(self) -> None:
        if not self.is_gcc():
            self.warn("TLIB_PGO: the compiler is not gcc, so the extensions are built without a profile")
            super().build_extensions()
            return
        self.run_command("build_py")
        shutil.rmtree(self.build_temp, ignore_errors=True)  # counters of another build
        self.force = True
        self.flags = COUNT, COUNT
        super().build_extensions()
        path = os.pathsep.join([str(Path(self.build_lib).resolve()), os.environ.get("PYTHONPATH", "")])
        subprocess.run([sys.executable, "-m", "benchmarks.training"], check=True, env=os.environ | {"PYTHONPATH": path})
        self.flags = USE, []
        super().build_extensions()

    def is_gcc(self) -> bool:
        """Return whether the compiler says that it is gcc."""
        command = getattr(self.compiler, "compiler_so", None)
        if not command or shutil.which(command[0]) is None:
            return False
        said = subprocess.run([command[0], "--version"], capture_output=True, text=True, check=False)  # noqa: S603 the compiler
        return "Free Software Foundation" in said.stdout

    def build_extension(self, ext: Extension) -> None:
        """Build one extension in a folder of its own: the counters of a shared source stand beside its object file."""
        ext.extra_compile_args, ext.extra_link_args = FLAGS + self.flags[0], LINK + self.flags[1]
        build_temp = self.build_temp
        self.build_temp = str(Path(build_temp) / ext.name)
        super().build_extension(ext)
        self.build_temp = build_temp


if PGO:
    # The training runs in the environment of the build.
    requires = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    setup(ext_modules=extensions, cmdclass={"build_ext": BuildTwice}, setup_requires=requires)
else:
    setup(ext_modules=extensions, cmdclass={"build_ext": Build})
