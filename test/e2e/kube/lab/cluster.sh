#!/bin/bash
# cluster.sh up-control-plane | up-node IMAGE.tar... | stop NAME | start-apiserver | reboot | down
# Everything listens on addresses of the loopback device and lies below KUBE_WORK; `down` takes away whatever `up` brought.
. "$(dirname "$0")/where.sh"
. "$LAB/node.sh"

alive() { [ -s "$RUN/$1.pid" ] && [ -e "/proc/$(cat "$RUN/$1.pid")/exe" ]; } # a zombie has no exe
start() { # NAME COMMAND...: a session of its own; its log is kept
  local name=$1
  shift
  alive "$name" && return
  setsid nohup "$@" >>"$LOG/$name.log" 2>&1 </dev/null &
  echo $! >"$RUN/$name.pid"
}
stop() { # NAME [SIGNAL]
  [ -s "$RUN/$1.pid" ] || return 0
  local pid i
  pid=$(cat "$RUN/$1.pid")
  kill "${2:--TERM}" "$pid" 2>/dev/null || true
  for i in $(seq 50); do [ -e "/proc/$pid/exe" ] || break; sleep .1; done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$RUN/$1.pid"
}
wait_for() { # SECONDS COMMAND...
  local end=$(($(date +%s) + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ "$(date +%s)" -lt $end ] || return 1; sleep .1; done
}

start_apiserver() {
  # It binds the first service address itself, port 443: pods reach KUBERNETES_SERVICE_HOST without kube-proxy.
  start apiserver kube-apiserver --etcd-servers="http://$ETCD" --bind-address="$API_IP" --advertise-address="$API_IP" --secure-port=443 \
    --service-cluster-ip-range="$SERVICES" --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction,Priority --allow-privileged=true \
    --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" --cert-dir="$STATE/apiserver" \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --api-audiences=https://kubernetes.default.svc.cluster.local --audit-policy-file="$STATE/audit-policy.yaml" --audit-log-path="$LOG/audit.jsonl" \
    --kubelet-client-certificate="$PKI/admin.crt" --kubelet-client-key="$PKI/admin.key" --kubelet-certificate-authority="$PKI/ca.crt" \
    --kubelet-preferred-address-types=InternalIP --profiling=false -v=1
  wait_for 120 kubectl get --raw /readyz || { tail -20 "$LOG/apiserver.log" >&2; die "the API server is not ready after 120 s"; }
}
up_control_plane() {
  mkdir -p "$STATE" "$LOG" "$RUN"
  ip addr add "$NODE_IP/32" dev lo 2>/dev/null || true
  ip addr add "$API_IP/32" dev lo 2>/dev/null || true
  "$LAB/certificates.sh"
  # Every request that a service account makes is written down: the tests count them.
  printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n' >"$STATE/audit-policy.yaml"
  start etcd etcd --name e --data-dir "$STATE/etcd" --listen-client-urls "http://$ETCD" --advertise-client-urls "http://$ETCD" \
    --listen-peer-urls http://127.0.0.1:23800 --initial-advertise-peer-urls http://127.0.0.1:23800 --initial-cluster e=http://127.0.0.1:23800 --unsafe-no-fsync
  wait_for 30 etcdctl --endpoints="http://$ETCD" endpoint health || die "etcd is not healthy after 30 s"
  start_apiserver
  start kcm kube-controller-manager --kubeconfig="$PKI/kcm.conf" --authentication-kubeconfig="$PKI/kcm.conf" --authorization-kubeconfig="$PKI/kcm.conf" \
    --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials --service-account-private-key-file="$PKI/sa.key" --root-ca-file="$PKI/ca.crt" \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" --cert-dir="$STATE/kcm" --flex-volume-plugin-dir="$STATE/n/volplugins" --port=0 \
    --node-monitor-period=1s --node-monitor-grace-period=5s --node-startup-grace-period=5s
  start scheduler kube-scheduler --kubeconfig="$PKI/scheduler.conf" --authentication-kubeconfig="$PKI/scheduler.conf" --authorization-kubeconfig="$PKI/scheduler.conf" \
    --bind-address=127.0.0.1 --leader-elect=false --cert-dir="$STATE/scheduler" --port=0
}

# The node as the API server sees it after a reboot: every container dead, a new boot id.
reboot() {
  stop kubelet
  kill_pods
  cat /proc/sys/kernel/random/uuid >"$STATE/n/boot_id"
  nsenter -t "$(cat "$RUN/containerd.pid")" -m mount --bind "$STATE/n/boot_id" /proc/sys/kernel/random/boot_id
  start_kubelet
  wait_for 30 sh -c "kubectl get node $NODE -o jsonpath={.status.nodeInfo.bootID} | grep -q $(cat "$STATE/n/boot_id")"
}

down() {
  [ -d "$STATE" ] || return 0
  if alive kubelet && alive apiserver; then
    kubectl delete daemonsets,deployments,jobs --all -A --wait=false >/dev/null 2>&1 || true
    kubectl delete pods --all -A --grace-period=1 --timeout=20s >/dev/null 2>&1 || true
  fi
  stop kubelet
  kill_pods
  local name path
  for name in containerd scheduler kcm apiserver etcd; do stop $name -KILL; done # nothing is kept, so none ends gracefully
  for path in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/*/k8s.io; do [ -d "$path" ] && find "$path" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
  ip link del kcni0 2>/dev/null || true
  [ -s "$STATE/ip_forward" ] && cat "$STATE/ip_forward" >/proc/sys/net/ipv4/ip_forward
  ip addr del "$NODE_IP/32" dev lo 2>/dev/null || true
  ip addr del "$API_IP/32" dev lo 2>/dev/null || true
  rm -rf "$STATE"
  rmdir /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers /run/containerd /run/netns 2>/dev/null || true
}

command=${1:?see the head of this file}
shift
case $command in
  up-control-plane) up_control_plane ;;
  up-node) start_node "$@" ;;
  start-apiserver) start_apiserver ;;
  stop) stop "$@" ;;
  reboot) reboot ;;
  down) down ;;
  *) sed -n 2,3p "$0"; exit 2 ;;
esac
