# Two commands need nothing but Python 3.11+ and make:  make book,  make test
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help book serve test fuzz bench measure status sync run train colab pictures lab clean
help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

book: $(VENV)/book    ## build both books: _build/html/index.html
	@$(BIN)/python tools/book.py

serve: book      ## show the site on http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

test: $(VENV)/test    ## everything that must hold (PARTS="lint site" for some of it)
	@$(BIN)/python tools/check.py $(PARTS)

fuzz: $(VENV)/test    ## 10,000 new random cases for every property (two hours or so on two cores)
	@$(BIN)/python -m pytest -q -n 2 -m hypothesis --hypothesis-profile=fuzz tests

bench: $(VENV)/test   ## convlib beside the production engines
	@$(BIN)/python bench/layers.py
	@$(BIN)/python bench/redraw.py
	@$(BIN)/python bench/training.py

measure: $(VENV)/test ## times of the machine that the text speaks of (NAME=computing for one)
	@for name in $(or $(NAME),$(basename $(notdir $(wildcard measure/*.py)))); do \
	  $(BIN)/python tools/measure.py $$name || exit; done

status: $(VENV)/test  ## cells and outputs that are stale, missing or untranslated
	@$(BIN)/python tools/check.py languages outputs

sync: $(VENV)/test    ## copy the English code cells to the Chinese notebooks
	@$(BIN)/python tools/languages.py sync

run: $(VENV)/test     ## execute the notebooks and keep their outputs (NAME=01 for one chapter)
	@$(BIN)/python tools/notebooks.py run $(NAME)

train: $(VENV)/book   ## train models anew (NAME=mnist runs train/mnist.py)
	@$(BIN)/python train/$(NAME).py

colab: $(VENV)/test    ## all chapters in an environment like Colab's, with the engine and without
	@$(BIN)/python tools/colab.py

pictures: book $(VENV)/test  ## take the README's pictures anew
	@$(BIN)/python tools/pictures.py

lab: $(VENV)/test     ## the chapters in JupyterLab
	$(BIN)/jupyter lab chapters

clean:           ## remove what was built (not the environment)
	rm -rf _build

# The environment is made anew when a requirements file changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/book: requirements.txt constraints.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --quiet -r requirements.txt
	@touch $@

$(VENV)/test: requirements-test.txt $(VENV)/book
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --quiet -r requirements-test.txt
	@touch $@
