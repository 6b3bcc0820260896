# Sourced by the others: where things lie and what they are called. WORK is the one input.
set -euo pipefail
WORK=$(mkdir -p "${KUBE_WORK:?the directory for binaries and state}" && cd "$KUBE_WORK" && pwd)
LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VERSION=1.20.2
BIN=$WORK/bin            # finished binaries, kept
IMAGES=$WORK/images      # OCI archives
STATE=$WORK/state        # one cluster; gone when it goes down
PKI=$STATE/pki LOG=$STATE/log RUN=$STATE/run
NODE=node1 NODE_IP=10.77.0.1 API_IP=10.96.0.1 SERVICES=10.96.0.0/16 ETCD=127.0.0.1:23790
SOCKET=$RUN/c.sock
export KUBECONFIG=$PKI/admin.conf LC_ALL=C
export PATH=$BIN:$BIN/cni:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
say() { echo "LAB $*" >&2; }
die() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null || die "needs $1: apt-get install $2"; }
