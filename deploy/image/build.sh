#!/usr/bin/env bash
# Builds the image with buildah, without a daemon.
#
#   deploy/image/build.sh [--stand-in] [--tag NAME] [--archive FILE]
#
#   --stand-in       no registry: both base images are made here, of Debian's packages and of the Node that this checkout uses
#   --tag NAME       registry.example.com/railmedic:VERSION by default, the name that the manifests use
#   --archive FILE   also writes the image as a docker archive, which `ctr images import` and `docker load` take
#
# BASE_IMAGE and BUILD_IMAGE choose the Dockerfile's images. BUILDAH_ROOT is where the layers are kept (.work/image).
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(node -p 'require("./package.json").version')
tag=registry.example.com/railmedic:$version archive='' stand_in=''
while [ $# -gt 0 ]; do
  case $1 in
    --stand-in) stand_in=yes ;;
    --tag) tag=${2:?--tag NAME}; shift ;;
    --archive) archive=${2:?--archive FILE}; shift ;;
    *) echo "deploy/image/build.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done
command -v buildah >/dev/null || { echo 'buildah is missing: apt-get install --no-install-recommends buildah' >&2; exit 2; }

root=${BUILDAH_ROOT:-$PWD/.work/image}
mkdir -p "$root"
# chroot and vfs need neither a container runtime nor a kernel with overlays: a build machine may be a container itself.
bh() { buildah --root "$root/storage" --runroot "$root/run" --storage-driver vfs "$@"; }

# debian DIR PACKAGE…: the packages' files and nothing of their scripts, as distroless images are made.
debian() {
  local into=$1 packages=$root/packages; shift
  mkdir -p "$into" "$packages"
  (
    cd "$packages"
    for name in "$@"; do ls "${name}"_*.deb >/dev/null 2>&1 || apt-get -o APT::Sandbox::User=root download -qq "$name" || { apt-get update -qq && apt-get -o APT::Sandbox::User=root download -qq "$name"; }; done
    for name in "$@"; do dpkg-deb -x "${name}"_*.deb "$into"; done
  )
  # Documentation is no part of a running system; licences are.
  find "$into/usr/share" -mindepth 1 -maxdepth 1 ! -name doc -exec rm -rf {} +
  find "$into/usr/share/doc" -type f ! -name copyright -delete
}

# image NAME DIR CONFIG…
image() {
  local name=$1 files=$2 container; shift 2
  container=$(bh from scratch)
  bh add --quiet "$container" "$files" / >/dev/null
  bh config "$@" "$container"
  bh commit --quiet --rm "$container" "$name" >/dev/null
}

runtime=(base-files libc6 gcc-12-base libgcc-s1 libstdc++6)

make_base() {
  local files=$root/base
  rm -rf "$files"
  debian "$files" "${runtime[@]}"
  install -D node_modules/node/bin/node "$files/nodejs/bin/node"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$files/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$files/etc/group"
  mkdir -p "$files/tmp" "$files/proc" "$files/sys" "$files/dev" "$files/run"
  chmod 1777 "$files/tmp"
  image localhost/railmedic-base "$files" --user 65532
}

# With a shell and npm, and with this machine's way to the npm registry; nothing of it goes into the image.
make_builder() {
  local files=$root/builder npm certificates=/etc/ssl/certs/ca-certificates.crt
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  rm -rf "$files"
  debian "$files" "${runtime[@]}" dash coreutils libacl1 libattr1 libgmp10 libselinux1 libpcre2-8-0
  install -D node_modules/node/bin/node "$files/usr/local/bin/node"
  mkdir -p "$files/usr/local/lib/node_modules" "$files/tmp" "$files/root" "$files/proc" "$files/sys" "$files/dev" "$files/etc/ssl/certs"
  chmod 1777 "$files/tmp"
  cp -r "$npm" "$files/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$files/usr/local/bin/npm"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$files/etc/passwd"
  local settings=(--env HOME=/root --env PATH=/usr/local/bin:/usr/bin:/bin --env "npm_config_registry=$(npm config get registry 2>/dev/null)")
  if [ -s "$certificates" ]; then
    cp -L "$certificates" "$files$certificates"
    settings+=(--env "NODE_EXTRA_CA_CERTS=$certificates" --env "npm_config_cafile=$certificates")
  fi
  image localhost/railmedic-builder "$files" "${settings[@]}"
}

if [ -n "$stand_in" ]; then
  [ -x node_modules/node/bin/node ] || { echo 'run npm ci first: the stand-in takes its Node from there' >&2; exit 2; }
  make_base
  make_builder
  BASE_IMAGE=localhost/railmedic-base BUILD_IMAGE=localhost/railmedic-builder
fi

pull=(--pull)
[ -n "$stand_in" ] && pull=(--pull-never)
arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
[ -n "${BASE_IMAGE:-}" ] && arguments+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")
[ -n "${BUILD_IMAGE:-}" ] && arguments+=(--build-arg "BUILD_IMAGE=$BUILD_IMAGE")
bh build --isolation chroot --format docker "${pull[@]}" --tag "$tag" "${arguments[@]}" .
bh rmi --prune --force >/dev/null

if [ -n "$archive" ]; then
  mkdir -p "$(dirname "$archive")"
  rm -f "$archive"
  bh push --quiet "$tag" "docker-archive:$archive:$tag"
  echo "$archive  $(du -m "$archive" | cut -f1) MB"
fi
echo "$tag"
