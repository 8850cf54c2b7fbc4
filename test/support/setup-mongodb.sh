#!/bin/sh
# Makes a MongoDB-compatible server for tests in .cache/secantus, from PyPI alone. Needs python3 with venv.
set -eu
cd "$(dirname "$0")/../.."
test -x .cache/secantus/bin/secantusd-py && exit 0
mkdir -p .cache
python3 -m venv .cache/secantus
.cache/secantus/bin/pip install --quiet --disable-pip-version-check SecantusDB==0.7.0b3
