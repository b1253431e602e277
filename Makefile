# Two commands: `make demo` (set-up, then the main job on a sample log) and `make test` (set-up, then every check).

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export OMP_NUM_THREADS ?= 1

.PHONY: demo test test-engines lint types unit notebooks browser servers setup lock sample-logs clean

demo: $(READY)
	$(BIN)/bko demo sample_logs/accounts_payable.csv --out demo
	$(BIN)/jupyter nbconvert --log-level=ERROR --to notebook --execute notebooks/01-from-log-to-what-if.ipynb --output-dir demo
	@echo
	@echo "The report:    demo/report.html (open it in any browser, or mail it)"
	@echo "The notebook:  demo/01-from-log-to-what-if.ipynb"
	@echo "Explore more:  $(BIN)/jupyter lab notebooks"

test: lint types unit notebooks

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY) browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --doctest-modules bko_mining tests

notebooks: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval notebooks

# Tests marked `browser` need Chromium; where it can be neither found nor installed they are skipped and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1; } \
	  || echo "no Chromium here: the browser tests will be skipped"

# The lanes beyond one machine and the databases, for real: Dask and Spark with local workers from their own lock (Spark
# runs on Java 17), and a PostgreSQL server. Java and the server come from the system's packages.
test-engines: $(READY) servers
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --quiet -r requirements-engines.lock
	JAVA_HOME=$(firstword $(wildcard /usr/lib/jvm/*17*)) PYSPARK_PYTHON=$(abspath $(BIN)/python) \
	  $(BIN)/python -m pytest tests/log/test_scanning.py tests/log/test_databases.py tests/whatif/test_everywhere.py -rs
	$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --quiet requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation --quiet --editable .

servers:
	@{ ls -d /usr/lib/jvm/*17* /usr/lib/postgresql/*/bin >/dev/null 2>&1; } \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	       && apt-get install -y -qq --no-install-recommends postgresql openjdk-17-jre-headless >/dev/null; } \
	  || echo "Java 17 or PostgreSQL can be neither found nor installed: their tests will be skipped"

setup: $(READY)

$(READY): requirements.lock requirements-uv.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'bko-mining needs Python 3.11 or newer: make PYTHON=python3.12 …')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --quiet requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation --quiet --editable .
	touch $@

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	echo uv | $(BIN)/uv pip compile - --universal --generate-hashes --no-header --no-annotate --quiet -o requirements-uv.lock

sample-logs: $(READY)
	$(BIN)/python simulations/make_sample_logs.py

clean:
	rm -rf .venv demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
