# Every target is also a plain command for those without make: see README.md and CONTRIBUTING.md.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python

.PHONY: help demo class test check format format-check lint types contracts bench docs web generated sbom readme-picture clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help:  ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

demo: $(VENV)/.installed  ## put the astronaut's face on the actress clip: demo/output.mp4
	$(PY) tools/demo.py

class: $(VENV)/.installed-dev  ## make a class with sample media and exercises on the server that runs here
	$(PY) tools/classroom.py

test: $(VENV)/.installed-dev  ## run the tests
	$(PY) -m pytest -n auto --dist loadfile -rs

sbom: $(VENV)/.installed-dev  ## list every part with licence and digest (CycloneDX): build/sbom.cdx.json
	$(PY) tools/sbom.py build/sbom.cdx.json

check: format-check lint types contracts docs sbom test  ## everything that continuous integration checks

format: $(VENV)/.installed-dev  ## bring the code into the project's format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

format-check: $(VENV)/.installed-dev  ## is the code in the project's format?
	$(PY) -m ruff format --check .

lint: $(VENV)/.installed-dev  ## look for mistakes
	$(PY) -m ruff check .

types: $(VENV)/.installed-dev  ## check the types
	$(PY) -m mypy

contracts: $(VENV)/.installed-dev  ## check who imports whom
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev  ## run the benchmarks; results go to benchmarks/results
	$(PY) -m benchmarks; status=$$?; $(PY) tools/readme_figures.py; exit $$status

docs: $(VENV)/.installed-dev  ## build the documentation site into site/; a warning is an error
	$(PY) -m zensical build --clean --strict

web:  ## build the web application into the package (needs Node and npm)
	$(PYTHON) tools/web.py

generated: $(VENV)/.installed-dev  ## rewrite what is made from code and results: option reference, README figures
	$(PY) tools/options_page.py
	$(PY) tools/readme_figures.py

readme-picture: $(VENV)/.installed  ## make docs/images/before_after.jpg anew
	$(PY) tools/demo.py --readme-picture

clean:  ## remove what was built, not what was downloaded
	rm -rf site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(PY):
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "FaceFusion needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --editable '.[dev,docs]'
	@touch $@ $(VENV)/.installed
