#!/bin/bash
# A real Kubernetes from Debian's archive alone: etcd, containerd, runc and the CNI plugins as packages, unpacked privately;
# Kubernetes itself is Debian's source package, built with the Go it was written for (five minutes on two cores, 4 GB, once).
. "$(dirname "$0")/where.sh"
need apt-get apt; need dpkg-deb dpkg; need gcc gcc; need jq jq; need openssl openssl; need ip iproute2; need unshare util-linux
SOURCES=$WORK/sources
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
MIRROR=$(awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)

# apt with lists of its own, so that the machine's apt keeps its state.
suite_apt() { # SUITE ARGUMENT...
  local suite=$1 dir=$SOURCES/apt-$1
  shift
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  printf '%s [signed-by=%s] %s %s main\n' deb "$KEYRING" "$MIRROR" "$suite" deb-src "$KEYRING" "$MIRROR" "$suite" >"$dir/sources.list"
  local options=(-oDir::Etc::sourcelist="$dir/sources.list" -oDir::Etc::sourceparts=/dev/null -oDir::State::lists="$dir/lists" -oDir::Cache="$dir/cache" -oAPT::Sandbox::User=root)
  [ -e "$dir/updated" ] || { apt-get "${options[@]}" -qq update && touch "$dir/updated"; }
  apt-get "${options[@]}" "$@"
}
unpack() { # SUITE DIRECTORY PACKAGE...
  local suite=$1 into=$2 debs=$SOURCES/debs-$1 deb
  shift 2
  mkdir -p "$into" "$debs"
  rm -f "$debs"/*.deb
  (cd "$debs" && suite_apt "$suite" -qq download "$@")
  for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$into"; done
}

packages() {
  # sid's etcd and CNI plugins want libc 2.34, which bookworm has; its runc wants 2.38, so that one is bookworm's, with the
  # containerd 1.6 that speaks the CRI of Kubernetes 1.20.
  if [ ! -x "$BIN/etcd" ]; then
    unpack sid "$SOURCES/sid" etcd-server etcd-client containernetworking-plugins
    cp "$SOURCES"/sid/usr/bin/{etcd,etcdctl} "$BIN/"
    cp "$SOURCES"/sid/usr/lib/cni/* "$BIN/cni/"
  fi
  if [ ! -x "$BIN/ctr" ]; then
    unpack bookworm "$SOURCES/bookworm" containerd runc
    cp "$SOURCES/bookworm/usr/sbin/runc" "$SOURCES"/bookworm/usr/bin/{containerd,containerd-shim-runc-v2,ctr} "$BIN/"
  fi
}

# Any kubectl will do but bookworm's own, which panics on every map it writes (its reflect2 is older than its Go): that one is
# built like the rest. KUBE_KUBECTL=own builds it in any case.
needs_kubectl() {
  [ ! -x "$BIN/kubectl" ] || return 1
  [ "${KUBE_KUBECTL:-}" != own ] || return 0
  ! kubectl create configmap probe --from-literal=key=value --dry-run=client -o json >/dev/null 2>&1
}

# The one generated file that Debian's source tarball lacks.
openapi() {
  local tree=$SOURCES/gopath/src/k8s.io/kubernetes
  mkdir -p "${tree%/*}"
  ln -sfn "$SOURCE" "$tree"
  cd "$tree"
  (
    export GOPATH=$SOURCES/gopath GO111MODULE=off GOFLAGS=-p=2
    nice go build -o "$SOURCES/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    local packages
    packages=$(grep -rl --include='*.go' '+k8s:openapi-gen=' cmd pkg plugin staging/src/k8s.io |
      grep -vE '/(testdata|_examples|sample-[a-z]+)/|/zz_generated|_test\.go' | xargs -n1 dirname |
      sed -E 's#^staging/src/#k8s.io/kubernetes/vendor/#; t; s#^#k8s.io/kubernetes/#' | sort -u | paste -sd,)
    nice "$SOURCES/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
      -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$SOURCES/violations" -o "$SOURCES/gopath/src"
  )
}

kubernetes() {
  SOURCE=$SOURCES/kubernetes-$VERSION
  [ -x "$SOURCES/bullseye/usr/lib/go-1.15/bin/go" ] || unpack bullseye "$SOURCES/bullseye" golang-1.15-go golang-1.15-src
  [ -d "$SOURCE" ] || (cd "$SOURCES" && suite_apt bookworm -qq source --download-only kubernetes && tar xf "kubernetes_1.20.5+really$VERSION.orig.tar.gz")
  export GOROOT=$SOURCES/bullseye/usr/lib/go-1.15 HOME=$SOURCES GOPATH=$SOURCES/go GOCACHE=$SOURCES/gocache GOPROXY=off GOSUMDB=off CGO_ENABLED=0 GOFLAGS="-mod=vendor -p=2"
  export PATH=$GOROOT/bin:$PATH
  [ -s "$SOURCE/pkg/generated/openapi/zz_generated.openapi.go" ] || openapi
  local version=k8s.io/component-base/version client=k8s.io/client-go/pkg/version flags program
  flags="-s -w -X $version.gitVersion=v$VERSION -X $version.gitMajor=1 -X $version.gitMinor=20 -X $version.gitTreeState=clean -X $version.buildDate=2026-01-01T00:00:00Z"
  flags="$flags -X $client.gitVersion=v$VERSION -X $client.gitMajor=1 -X $client.gitMinor=20"
  cd "$SOURCE"
  local programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
  if needs_kubectl; then programs+=(kubectl); fi
  for program in "${programs[@]}"; do
    [ -x "$BIN/$program" ] && continue
    say "building $program"
    nice go build -trimpath -ldflags "$flags" -o "$BIN/$program" "./cmd/$program"
  done
}

mkdir -p "$SOURCES" "$BIN/cni"
[ -x "$BIN/kube-apiserver" ] && [ -x "$BIN/kube-controller-manager" ] && [ -x "$BIN/kube-scheduler" ] && [ -x "$BIN/kubelet" ] &&
  [ -x "$BIN/etcd" ] && [ -x "$BIN/ctr" ] && ! needs_kubectl && { say "built already: Kubernetes $VERSION"; exit 0; }
packages
kubernetes
# The Go cache and the sources are three gigabytes that nobody reads again.
[ -n "${KUBE_KEEP_SOURCES:-}" ] || rm -rf "$SOURCES"
