# make demo: install and run the main job on examples/. make test: install with the development
# tools and run the whole suite. Both need Python 3.11 or newer and nothing installed by hand;
# where python3 is older, name another: make demo PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ROOTS := schemas codec fuzz

# How long hypothesis searches in `make test`: quick, ci (the same examples every time) or nightly.
export HYPOTHESIS_PROFILE ?= ci

# What is run once more with the reference engine alone.
GROUND := tests/schemas tests/test_vectors.py tests/test_doctests.py tests/codec/formats/test_jsonl.py tests/codec/test_views.py tests/codec/test_records.py tests/codec/query

# The C of the native engine.
CORE := codec/tlib_codec/native/core

.PHONY: demo test coverage floors lint types contracts docs bench wheel wheels sanitize fuzz fuzz-core mutants clean

demo: $(VENV)/installed
	$(BIN)/tlib --version
	$(BIN)/tlib decode --to table --event EventCallDeleted --where Cause=Transfer examples/tserver.log
	$(BIN)/tlib calls --to table --where CallType=Inbound examples/tserver.log

test: $(VENV)/installed-dev
	$(BIN)/coverage erase
	$(BIN)/python -m coverage run -m pytest -q -n auto
	TLIB_ENGINE=reference $(BIN)/python -m coverage run -m pytest -q -n auto $(GROUND)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Tests take every branch of the schemas, the engines, records, formats, queries, columns and redaction. After `make test`.
# The tests of Spark need PySpark and Java.
EVERY := */tlib_schemas/*,*/tlib_codec/__init__.py,*/tlib_codec/reference.py,*/tlib_codec/engine.py,*/tlib_codec/stream.py,*/tlib_codec/views.py,*/tlib_codec/records.py,*/tlib_codec/access.py,*/tlib_codec/json_text.py,*/tlib_codec/clock.py,*/tlib_codec/query/*.py,*/tlib_codec/files.py,*/tlib_codec/formats/*.py,*/tlib_codec/formats/jsonl/*.py,*/tlib_codec/formats/captures/connections.py,*/tlib_codec/formats/captures/writer.py,*/tlib_codec/arrow/*.py,*/tlib_codec/redact/*.py

coverage: $(VENV)/installed-dev
	$(BIN)/python -m coverage report --fail-under=100 --include="$(EVERY)" --omit="*/tlib_codec/arrow/spark.py"

# The tests of the schemas and the codec with the lowest versions that pyproject.toml allows, in an environment of their own. The
# extensions are those that `make demo` has built in place. The tests of the command line need a newer click; those that start `tlib` do not. pyarrow 15
# knows neither numpy 2 nor the strings of today's polars.
FLOORS := tests/schemas tests/test_vectors.py tests/codec tests/cli/test_terminal.py

floors: $(VENV)/installed
	$(PYTHON) -m venv --clear build/floors
	build/floors/bin/python -m pip install -qq uv
	build/floors/bin/uv pip install --quiet --python build/floors --resolution lowest-direct -r pyproject.toml --extra arrow --extra fuzz --extra zstd
	build/floors/bin/uv pip install --quiet --python build/floors pytest pytest-xdist duckdb pandas polars jsonschema "numpy<2"
	build/floors/bin/uv pip list --python build/floors
	printf '%s\n' $(ROOTS:%=$(CURDIR)/%) >"$$(build/floors/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/roots.pth"
	build/floors/bin/python -m pytest -q -n auto -p no:cacheprovider -k "not polars" --ignore tests/codec/arrow/test_spark.py $(FLOORS)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run -Werror $(CORE)/*.[ch] fuzz/targets/*.[ch]

# mypy over our own code, pyright over the types that users of the packages see.
PUBLIC := tlib_schemas tlib_codec tlib_simulator tlib_fuzz

types: $(VENV)/installed-dev
	$(BIN)/mypy
	for package in $(PUBLIC); do $(BIN)/python tests/typing/complete.py $$package || exit 1; done

contracts: $(VENV)/installed-dev
	$(BIN)/lint-imports

# Write again the parts of docs/ that come from the registry and the table of error codes.
docs: $(VENV)/installed-dev
	$(BIN)/python docs/generate.py

# Time to read and write an event, against other libraries: tables, and docs/benchmarks.md anew; the same for
# captures, into docs/captures.md; whole commands, into docs/benchmarks.md. Some minutes.
bench: $(VENV)/installed-dev
	$(BIN)/python -m pip install -qq --group bench
	$(BIN)/python -m benchmarks --docs docs
	$(BIN)/python -m benchmarks.captures --docs docs
	$(BIN)/python -m benchmarks.road --docs docs

# The source distribution, and the wheel built from it, its extensions with a profile of what the benchmarks measure.
wheel: $(VENV)/installed-dev
	TLIB_PGO=1 $(BIN)/python -m build --quiet

# Wheels for every platform of [tool.cibuildwheel] that this machine can build; on Linux it needs Docker.
wheels: $(VENV)/installed
	$(BIN)/python -m pip install -qq --group wheels
	$(BIN)/python -m cibuildwheel --output-dir dist

# The native engine with AddressSanitizer and UndefinedBehaviorSanitizer, built beside the normal one:
# vectors, the codec's tests, damaged frames. The core must compile without a warning. Needs gcc.
STRICT := -std=c11 -O2 -Wall -Wextra -Wconversion -Werror
SANITIZERS := -g -fsanitize=address,undefined -fno-sanitize-recover=undefined
# Python leaks at exit by design; its own allocator would hide errors on the heap. C++ libraries throw only where libstdc++ is there first.
SANITIZED = LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so.6)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
  PYTHONPATH=build/sanitize/lib TLIB_ENGINE=native
# These start other programs, which are to have sanitizers of their own or none, or measure memory, of which sanitizers take much.
KIT := targets kit planted fuzz_cli kills_selfcheck bounds_selfcheck

sanitize: $(VENV)/installed-dev
	for source in $(CORE)/*.c; do gcc $(STRICT) -c "$$source" -o /dev/null || exit 1; done
	CC=gcc TLIB_SANITIZE=1 $(BIN)/python setup.py --quiet build --build-base build/sanitize --build-lib build/sanitize/lib
	$(SANITIZED) $(BIN)/python -m pytest -q -n auto -p no:cacheprovider -k "not reference and not tshark" $(KIT:%=--ignore=tests/fuzz/test_%.py) \
	  tests/test_vectors.py tests/codec/test_*.py tests/codec/arrow tests/codec/calls tests/codec/formats tests/codec/redact tests/fuzz
	$(SANITIZED) $(BIN)/python -m tlib_fuzz.selfcheck differential --count 10000 --seed 11 --corpus examples/calls.tlb tests/vectors

# Fuzz the core alone: libFuzzer for FUZZ_SECONDS where there is clang (its corpus stays in build/fuzz),
# and always, with gcc, the corpus and a seeded run of mutations. `make fuzz-core CLANG=` leaves out clang.
# The programs stand in build/fuzz/bin: a kind's corpus is a directory of its name (build/fuzz/log).
CLANG ?= $(shell command -v clang)
FUZZ_SECONDS ?= 60
FUZZ_RUNS ?= 100000
ENGINE := $(addprefix $(CORE)/,frame.c list.c stream.c)

fuzz-core:
	mkdir -p build/fuzz/corpus build/fuzz/bin
	gcc $(STRICT) $(SANITIZERS) -DTLIB_STANDALONE -I$(CORE) fuzz/targets/core.c $(ENGINE) -o build/fuzz/bin/core
	build/fuzz/bin/core -runs=$(FUZZ_RUNS) fuzz/corpus/core/*
	gcc $(STRICT) $(SANITIZERS) -DTLIB_STANDALONE -I$(CORE) fuzz/targets/log.c $(CORE)/log_*.c $(ENGINE) -o build/fuzz/bin/log
	build/fuzz/bin/log -runs=$(FUZZ_RUNS) fuzz/corpus/log/*
ifneq ($(CLANG),)
	$(CLANG) $(STRICT) $(SANITIZERS) -fsanitize=fuzzer -I$(CORE) fuzz/targets/core.c $(ENGINE) -o build/fuzz/bin/core-libfuzzer
	build/fuzz/bin/core-libfuzzer -max_len=1024 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=build/fuzz/ \
	  build/fuzz/corpus fuzz/corpus/core
	$(CLANG) $(STRICT) $(SANITIZERS) -fsanitize=fuzzer -I$(CORE) fuzz/targets/log.c $(CORE)/log_*.c $(ENGINE) -o build/fuzz/bin/log-libfuzzer
	mkdir -p build/fuzz/logs
	build/fuzz/bin/log-libfuzzer -max_len=4096 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=build/fuzz/ \
	  build/fuzz/logs fuzz/corpus/log
endif

# Fuzz every kind of input by coverage, FUZZ_SECONDS each, then the C core. An input that breaks an invariant
# is kept in build/fuzz, named after its kind. Needs a wheel of atheris: Linux. FUZZ_LIMIT="-runs=5000 -seed=1" repeats a run.
FUZZ_LIMIT ?= -max_total_time=$(FUZZ_SECONDS)
KINDS := frame case stream json log capture

fuzz: $(VENV)/installed-dev
	$(BIN)/python -m pip install -qq --group fuzz
	for kind in $(KINDS); do \
	  mkdir -p build/fuzz/$$kind && \
	  $(BIN)/python fuzz/targets/python.py $$kind $(FUZZ_LIMIT) -max_len=4096 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$$kind- build/fuzz/$$kind fuzz/corpus/$$kind || exit 1; \
	done
	$(MAKE) fuzz-core

# Measure the mutation score of the schemas and the codec's core: change the code, one place at a time, and count
# the changes that the tests notice. About 4,000 mutants, half an hour of CPU time; see fuzz/targets/mutants.py.
mutants: $(VENV)/installed-dev
	$(BIN)/python -m pip install -qq --group mutation
	rm -rf build/mutants
	mkdir -p build/mutants/src
	cp -R schemas/tlib_schemas codec/tlib_codec build/mutants/src
	cp -R tests pyproject.toml build/mutants
	cd build/mutants && TLIB_ENGINE=reference $(abspath $(BIN))/python ../../fuzz/targets/mutants.py run --max-children 1
	$(BIN)/python fuzz/targets/mutants.py

# A stamp is the last line of its recipe: an installation that was broken off starts again.
$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -qq --editable .
	# Type checkers read .pth files, not the finder of an editable install.
	printf '%s\n' $(ROOTS:%=$(CURDIR)/%) >"$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tlib-codec-roots.pth"
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install -qq --group dev
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
