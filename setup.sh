#!/bin/bash
# Everything from a fresh Debian 12 or 13 on:
#   ./setup.sh demo      build, and edit a photograph in headless GIMP; the pictures are in demo/ then
#   ./setup.sh test      build, and run the whole test suite
#   ./setup.sh install   install for your own GIMP, 2.10 or 3
#   ./setup.sh zip       make build-zip/dfi-*.zip, to be unpacked into the plug-ins folder of a GIMP profile
set -eu
cd "$(dirname "$0")"

packages=(gcc meson ninja-build pkg-config gettext libglib2.0-dev libgdk-pixbuf-2.0-dev libjson-glib-dev libvips-dev
          libopenblas-dev libcsv-dev libhdf5-dev libgegl-dev gimp fonts-dejavu-core)
test_packages=(debootstrap gegl xvfb xauth xdotool imagemagick)   # GIMP 3 where Debian has only 2.10; the dialog without a screen

missing_packages () {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# Debian 13 has GIMP 3, Debian 12 GIMP 2.10.
choose_gimp () {
  if [ -n "$(apt-cache madison libgimp-3.0-dev 2>/dev/null)" ]; then packages+=(libgimp-3.0-dev)
  else packages+=(libgimp2.0-dev); fi
}

install_packages () {
  if ! command -v apt-get >/dev/null; then
    echo "This needs apt. On another system install the equivalents of these Debian packages, then use meson:" >&2
    echo "  ${packages[*]}" >&2
    exit 1
  fi

  choose_gimp
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

# The plug-in folder of one's own profile, for GIMP 2 or 3.
own_plugins () {
  local config=${XDG_CONFIG_HOME-$HOME/.config}/GIMP
  case $1 in
    2) echo "$config/2.10/plug-ins" ;;
    3) echo "$config/$(pkg-config --modversion gimp-3.0 2>/dev/null | cut -d. -f1,2)/plug-ins" ;;
  esac
}

# A zip for each GIMP that the plug-in was built for: a folder dfi with the program and beside it all that would be installed for it.
make_zips () {
  local plugin generation top share
  for plugin in build-zip/plugin/gimp?/dfi; do
    generation=$(basename "$(dirname "$plugin")")
    top=build-zip/$generation
    rm -rf "$top" && mkdir -p "$top/dfi"
    meson install -C build-zip --quiet --no-rebuild --destdir "$PWD/$top/installed"
    share=$(dirname "$(find "$top/installed" -path '*/share/dfi')")
    cp -r "$share"/{dfi/.,locale} LICENSE resources/debian/copyright "$plugin" build-zip/plugin/gegl/dfi-edit-face.so "$top/dfi/"
    strip "$top/dfi/dfi" "$top/dfi/dfi-edit-face.so"
    (cd "$top" && python3 -m zipfile -c "../dfi-$generation-$(uname -m).zip" dfi)
    echo "Made build-zip/dfi-$generation-$(uname -m).zip"
  done
}

case "${1-}" in
  demo)
    install_packages
    build build
    mkdir -p demo
    for generation in 2 3; do
      [ -e "build/plugin/gimp$generation/dfi" ] || continue
      tests/gimp/headless $generation "build/plugin/gimp$generation/dfi" \
        weights/vgg19-slim.safetensors resources/faces.safetensors resources/demo.scm \
        photo="$PWD/resources/astronaut.png" folder="$PWD/demo"
      break
    done
    echo "The pictures are in $PWD/demo; contact-sheet.png shows them side by side."
    ;;
  test)
    packages+=("${test_packages[@]}")
    install_packages
    if [ -n "${CI-}" ]; then build build -Dwerror=true; else build build; fi
    meson test -C build --print-errorlogs
    ;;
  install)
    install_packages
    if [ "$(id -u)" = 0 ]; then
      build build-install
    else
      build build-install --prefix "$HOME/.local" -Dgimp2-plugins="$(own_plugins 2)" -Dgimp3-plugins="$(own_plugins 3)" \
        -Dgegl-plugins="${XDG_DATA_HOME-$HOME/.local/share}/gegl-0.4/plug-ins"
    fi
    meson install -C build-install
    echo "GIMP finds Filters > Deep Feature Interpolation when it starts next, and the operation dfi:edit-face."
    ;;
  zip)
    install_packages
    build build-zip
    make_zips
    ;;
  *)
    echo "usage: $0 demo | test | install | zip" >&2
    exit 2
    ;;
esac
