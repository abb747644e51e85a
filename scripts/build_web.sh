#!/bin/sh
# Build widget, portal and console into portal_api/static with the Node that node_path.sh finds.
set -eu
cd "$(dirname "$0")/.."
PATH="$(sh scripts/node_path.sh "${1:-.venv}"):$PATH"
export PATH
cd web
npm ci --silent --no-audit --no-fund
npm run --silent build
