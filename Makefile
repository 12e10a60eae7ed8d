# Both commands do all their own set-up, from a bare Python 3.11+ with pip.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lint types benchmark lock clean
demo: .venv/ready
	$(BIN)/myolens demo

test: .venv/ready lint types
	$(BIN)/python -m pytest -n 2

check: test

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready
	$(BIN)/mypy

# uv installs the locked, hashed packages in seconds; it lives in the environment it fills.
.venv/ready: pyproject.toml requirements/uv.txt requirements/locked.txt
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Myolens needs Python 3.11 or newer; say which with: make PYTHON=python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/locked.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## writes the lock files anew; they name no registry
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --group dev pyproject.toml -o requirements/locked.txt
	printf 'uv\n' | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  - -o requirements/uv.txt

clean:
	rm -rf .venv dist build
