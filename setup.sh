#!/bin/bash
# Everything from a fresh Debian 12 on:
#   ./setup.sh demo      build, and edit a photograph in headless GIMP; the pictures are in demo/ then
#   ./setup.sh test      build, and run the whole test suite
#   ./setup.sh install   install for your own GIMP 2.10
set -eu
cd "$(dirname "$0")"

packages=(gcc meson ninja-build pkg-config gettext libglib2.0-dev libgdk-pixbuf-2.0-dev libpng-dev libjson-glib-dev
          libopenblas-dev liblbfgsb-dev libcsv-dev libgimp2.0-dev gimp fonts-dejavu-core)

missing_packages () {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

install_packages () {
  if ! command -v apt-get >/dev/null; then
    echo "This needs apt. On another system install the equivalents of these Debian packages, then use meson:" >&2
    echo "  ${packages[*]}" >&2
    exit 1
  fi

  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} = 0 ] && return
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "As root, run: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# build FOLDER OPTION...: sets the folder up, or again with these options, and builds
build () {
  local folder=$1 again=(); shift
  [ -e "$folder/build.ninja" ] && again=(--reconfigure)
  meson setup "${again[@]}" "$folder" "$@"
  ninja -C "$folder"
}

case "${1-}" in
  demo)
    install_packages
    build build
    mkdir -p demo
    tests/gimp/headless 2 build/plugin/gimp2/dfi weights/vgg19-slim.safetensors resources/faces.safetensors resources/demo.scm \
      photo="$PWD/resources/astronaut.png" folder="$PWD/demo"
    echo "The pictures are in $PWD/demo; contact-sheet.png shows them side by side."
    ;;
  test)
    install_packages
    if [ -n "${CI-}" ]; then build build -Dwerror=true; else build build; fi
    meson test -C build --print-errorlogs
    ;;
  install)
    install_packages
    if [ "$(id -u)" = 0 ]; then
      build build-install
    else
      build build-install --prefix "$HOME/.local" -Dgimp2-plugins="${XDG_CONFIG_HOME-$HOME/.config}/GIMP/2.10/plug-ins"
    fi
    meson install -C build-install
    echo "GIMP finds the procedure plug-in-dfi when it starts next; the README says how to call it."
    ;;
  *)
    echo "usage: $0 demo | test | install" >&2
    exit 2
    ;;
esac
