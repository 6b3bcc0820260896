#!/bin/bash
# The cluster's authority, its certificates and a kubeconfig for each of its parts.
. "$(dirname "$0")/where.sh"
[ -s "$PKI/admin.conf" ] && exit 0
mkdir -p "$PKI"
cd "$PKI"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3650 -subj /CN=kube-ca -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature 2>/dev/null
openssl genrsa -out sa.key 2048 2>/dev/null
openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
certificate() { # NAME SUBJECT USAGE [ALTERNATIVE NAMES]
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  { echo "keyUsage=critical,digitalSignature,keyEncipherment"; echo "extendedKeyUsage=$3"; [ -z "${4:-}" ] || echo "subjectAltName=$4"; } >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 3650 -extfile "$1.ext" 2>/dev/null
}
config() { # NAME SUBJECT
  certificate "$1" "$2" clientAuth
  kubectl config --kubeconfig="$1.conf" set-cluster k --server="https://$API_IP:443" --certificate-authority=ca.crt --embed-certs >/dev/null
  kubectl config --kubeconfig="$1.conf" set-credentials u --client-certificate="$1.crt" --client-key="$1.key" --embed-certs >/dev/null
  kubectl config --kubeconfig="$1.conf" set-context c --cluster=k --user=u >/dev/null
  kubectl config --kubeconfig="$1.conf" use-context c >/dev/null
}
certificate apiserver /CN=kube-apiserver serverAuth "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:$API_IP,IP:127.0.0.1,IP:$NODE_IP"
certificate kubelet-server "/CN=$NODE" serverAuth "DNS:$NODE,IP:$NODE_IP"
config kcm /CN=system:kube-controller-manager
config scheduler /CN=system:kube-scheduler
config kubelet "/O=system:nodes/CN=system:node:$NODE"
config admin /O=system:masters/CN=admin
