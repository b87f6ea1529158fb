# Two commands: `make demo` and `make test`. Both make their own environment in .venv; nothing is installed outside the
# checkout except, where this user may install them, Debian's chromium, gpsd, faketime, nginx and PostgreSQL
# with PostGIS for the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PIP     = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
CONSOLE = server/console
ARGS   ?=
SHELL   = /bin/bash -o pipefail

.PHONY: demo test check console docs-check bench-privacy bench-edge bench-detector bench-association bench-phones bench-clock bench-location bench-looks bench-commits train-env render-env clean
.DELETE_ON_ERROR:

demo: $(VENV)/.server console
	$(BIN)/steward demo $(ARGS)

test: $(VENV)/.dev console chromium gpsd faketime postgresql nginx
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: chaos
chaos: $(VENV)/.dev
	nice $(BIN)/python -m pytest -m chaos -s tests/chaos $(ARGS)

.PHONY: chaos-server
chaos-server: $(VENV)/.dev postgresql
	nice $(BIN)/python -m pytest -m chaos -s tests/server $(ARGS)

.PHONY: races
races: $(VENV)/.dev postgresql
	$(BIN)/python -m pytest -q -m races $(ARGS)

# --- environments ---------------------------------------------------------------------------------------------------
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "City Steward needs Python 3.11 or newer; PYTHON=$(PYTHON) is older."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv is missing. On Debian: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.server: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing what the vehicle and the server need (about 800 MB, once) ..."
	$(PIP) --editable '.[server,openvino]'
	@touch $@

$(VENV)/.dev: $(VENV)/.server
	@echo "installing what the tests need ..."
	$(PIP) --editable '.[server,dev]'
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }; } \
	  || echo "chromium is not installed (Debian: apt install chromium fonts-noto-cjk); the browser tests will be skipped."

.PHONY: gpsd
gpsd:
	@command -v gpsd >/dev/null || test -x /usr/sbin/gpsd \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq gpsd >/dev/null; }; } \
	  || echo "gpsd is not installed (Debian: apt install gpsd); the tests that listen to it will be skipped."

.PHONY: faketime
faketime:
	@ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq faketime >/dev/null; }; } \
	  || echo "faketime is not installed (Debian: apt install faketime); the test under wrong clocks will be skipped."

.PHONY: nginx
nginx:
	@command -v nginx >/dev/null || test -x /usr/sbin/nginx \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light >/dev/null \
	       && { systemctl disable --now nginx 2>/dev/null || true; }; }; } \
	  || echo "nginx is not installed (Debian: apt install nginx); the tests behind it will be skipped."

.PHONY: postgresql
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql postgresql-postgis >/dev/null; }; } \
	  || echo "PostgreSQL with PostGIS is not installed (Debian: apt install postgresql postgresql-postgis); its tests will be skipped."

# --- the console ----------------------------------------------------------------------------------------------------
console: $(CONSOLE)/dist/index.html

$(CONSOLE)/node_modules/.package-lock.json: $(CONSOLE)/package.json $(CONSOLE)/package-lock.json
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null \
	  || { echo "The console needs Node 20 or newer with npm. On Debian: see https://nodejs.org or apt install nodejs npm"; exit 2; }
	cd $(CONSOLE) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE)/dist/index.html: $(VENV)/.server $(CONSOLE)/node_modules/.package-lock.json $(wildcard server/api/*.py) \
  $(shell find $(CONSOLE)/src $(CONSOLE)/index.html $(CONSOLE)/vite.config.ts -type f 2>/dev/null)
	$(BIN)/steward server openapi > $(CONSOLE)/openapi.json
	cd $(CONSOLE) && npm run --silent build

# --- measuring and training -----------------------------------------------------------------------------------------
# torch and bpy want environments of their own: torch is 6 GB, bpy wants numpy 1.26.
.venv-train/.made: $(VENV)/.made pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[train,openvino]'
	@touch $@

.venv-render/.made: $(VENV)/.made pyproject.toml constraints-render.txt
	$(PYTHON) -m venv .venv-render
	.venv-render/bin/python -m pip install --quiet --constraint constraints-render.txt --editable '.[render]'
	@touch $@

train-env: .venv-train/.made
render-env: .venv-render/.made

bench-edge: $(VENV)/.dev .venv-train/.made
	$(BIN)/python -m tests.bench.edge_speed --baseline-python .venv-train/bin/python $(ARGS)

bench-detector: $(VENV)/.dev
	$(BIN)/python -m tests.bench.detector_speed $(ARGS)

bench-association: $(VENV)/.server
	$(BIN)/python -m tests.bench.association $(ARGS)

bench-phones: $(VENV)/.dev
	$(BIN)/python -m tests.bench.phone_reading $(ARGS)

bench-clock: $(VENV)/.dev
	$(BIN)/python -m tests.bench.clock_offset $(ARGS)

bench-location: $(VENV)/.dev
	$(BIN)/python -m tests.bench.location $(ARGS)

bench-looks: $(VENV)/.dev
	$(BIN)/python -m tests.bench.looks $(ARGS)

bench-commits: $(VENV)/.dev
	$(BIN)/python -m tests.bench.shared_commits $(ARGS)

.PHONY: bench-server
bench-server: $(VENV)/.dev
	$(BIN)/python -m tests.bench.server $(ARGS)

bench-privacy: $(VENV)/.server
	$(BIN)/python -m tests.bench.privacy_recall $(ARGS)

clean:
	rm -rf $(VENV) .venv-train .venv-render $(CONSOLE)/node_modules $(CONSOLE)/dist $(CONSOLE)/openapi.json
