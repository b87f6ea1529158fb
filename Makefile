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

.PHONY: demo test chaos chaos-server races chromium gpsd faketime nginx postgresql console train-env render-env clean
.PHONY: $(addprefix bench-,edge detector association phones clock location looks commits server privacy)
.DELETE_ON_ERROR:

demo: $(VENV)/.server console
	$(BIN)/steward demo $(ARGS)

test: $(VENV)/.dev console chromium gpsd faketime postgresql nginx
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

chaos: $(VENV)/.dev
	nice $(BIN)/python -m pytest -m chaos -s tests/chaos $(ARGS)

chaos-server: $(VENV)/.dev postgresql
	nice $(BIN)/python -m pytest -m chaos -s tests/server $(ARGS)

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

# $(call debian,is it there?,packages,whose tests need them,what is done after installing)
define debian
@{ $(1); } >/dev/null 2>&1 \
  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
       && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) >/dev/null$(if $(4), && { $(4); }); }; } \
  || echo "$@ is not installed (Debian: apt install $(2)); the tests $(3) will be skipped."
endef

chromium:
	$(call debian,command -v chromium || command -v chromium-browser,chromium fonts-noto-cjk,in a browser)

gpsd:
	$(call debian,command -v gpsd || test -x /usr/sbin/gpsd,gpsd,that listen to it)

faketime:
	$(call debian,ls /usr/lib/*/faketime/libfaketimeMT.so.1,faketime,under wrong clocks)

nginx:
	$(call debian,command -v nginx || test -x /usr/sbin/nginx,nginx-light,behind it,systemctl disable --now nginx 2>/dev/null || true)

postgresql:
	$(call debian,ls /usr/lib/postgresql/*/bin/initdb /usr/share/postgresql/*/extension/postgis.control,postgresql postgresql-postgis,on it)

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

bench-server: $(VENV)/.dev
	$(BIN)/python -m tests.bench.server $(ARGS)

bench-privacy: $(VENV)/.server
	$(BIN)/python -m tests.bench.privacy_recall $(ARGS)

clean:
	rm -rf $(VENV) .venv-train .venv-render $(CONSOLE)/node_modules $(CONSOLE)/dist $(CONSOLE)/openapi.json
