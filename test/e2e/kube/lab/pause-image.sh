#!/bin/bash
# The sandbox image that every pod needs, as an OCI archive made without docker: one static program that waits and reaps.
. "$(dirname "$0")/where.sh"
[ -s "$IMAGES/pause.tar" ] && exit 0
mkdir -p "$IMAGES"
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
mkdir -p "$d/root" "$d/oci/blobs/sha256"
cat >"$d/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void quit(int s) { _exit(0); }
static void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) { signal(SIGTERM, quit); signal(SIGINT, quit); signal(SIGCHLD, reap); for (;;) pause(); }
C
gcc -Os -static -s -w -o "$d/root/pause" "$d/pause.c"
blob() { local sum; sum=$(sha256sum "$1" | cut -d' ' -f1); mv "$1" "$d/oci/blobs/sha256/$sum"; echo "$sum"; }
size() { stat -c %s "$d/oci/blobs/sha256/$1"; }
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$d/root" -cf "$d/layer" .
layer=$(blob "$d/layer")
jq -nc --arg layer "sha256:$layer" '{architecture: "amd64", os: "linux", config: {Entrypoint: ["/pause"]}, rootfs: {type: "layers", diff_ids: [$layer]}}' >"$d/config"
config=$(blob "$d/config")
jq -nc --arg c "sha256:$config" --argjson cs "$(size "$config")" --arg l "sha256:$layer" --argjson ls "$(size "$layer")" '{schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $c, size: $cs},
  layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $l, size: $ls}]}' >"$d/manifest"
manifest=$(blob "$d/manifest")
jq -nc --arg m "sha256:$manifest" --argjson s "$(size "$manifest")" '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: $m, size: $s, annotations: {"io.containerd.image.name": "localhost/pause:1"}}]}' >"$d/oci/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$d/oci/oci-layout"
tar -C "$d/oci" -cf "$IMAGES/pause.tar" oci-layout index.json blobs
