# Sourced by cluster.sh: containerd and a kubelet with real pods, in a mount namespace of their own.

node_files() {
  local d
  for d in var-lib-kubelet var-lib-cni log-pods log-containers run-containerd cri cri-run cni sysctl; do mkdir -p "$STATE/n/$d"; done
  cat >"$STATE/n/cni/10-k.conflist" <<E
{"cniVersion":"0.4.0","name":"k","plugins":[{"type":"bridge","bridge":"kcni0","isGateway":true,"ipMasq":false,
 "ipam":{"type":"host-local","subnet":"10.88.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}}]}
E
  # Root may lack CAP_SYS_RESOURCE here: without restrict_oom_score_adj no container would start.
  cat >"$STATE/n/containerd.toml" <<E
version = 2
root = "$STATE/n/cri"
state = "$STATE/n/cri-run"
[grpc]
address = "$SOCKET"
[plugins."io.containerd.internal.v1.opt"]
path = "$STATE/n/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/pause:1"
disable_apparmor = true
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$BIN/cni"
conf_dir = "$STATE/n/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "$BIN/runc"
SystemdCgroup = false
E
  cat >"$STATE/n/kubelet.yaml" <<E
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/kubelet-server.crt
tlsPrivateKeyFile: $PKI/kubelet-server.key
cgroupDriver: cgroupfs
makeIPTablesUtilChains: false
resolvConf: /etc/resolv.conf
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%", nodefs.inodesFree: "1%"}
nodeStatusUpdateFrequency: 2s
volumePluginDir: $STATE/n/volplugins
nodeLeaseDurationSeconds: 4
E
}

# containerd and kubelet have paths that no option changes: they are covered by directories of ours. So are the sysctls that
# the kubelet would change on the whole machine, by files that already hold what it wants.
namespace_script() {
  cat <<E
set -e
mount --make-rprivate /; mount --make-rshared /
mount --bind $STATE/n/var-lib-kubelet /var/lib/kubelet; mount --make-rshared /var/lib/kubelet
mount --bind $STATE/n/var-lib-cni /var/lib/cni
mount --bind $STATE/n/log-pods /var/log/pods
mount --bind $STATE/n/log-containers /var/log/containers
mount --bind $STATE/n/run-containerd /run/containerd
cd $STATE/n/sysctl
for pair in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  name=\${pair%%=*}; file=\$(echo \$name | tr / _)
  echo \${pair#*=} >\$file
  [ ! -e /proc/sys/\$name ] || mount --bind \$file /proc/sys/\$name
done
cd /
exec containerd --config $STATE/n/containerd.toml
E
}

start_node() { # IMAGE.tar...
  # The CNI bridge plugin turns forwarding on; down turns it off again.
  [ -s "$STATE/ip_forward" ] || cat /proc/sys/net/ipv4/ip_forward >"$STATE/ip_forward"
  node_files
  namespace_script >"$STATE/n/namespace.sh"
  mkdir -p /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers /run/containerd
  start containerd unshare -m --propagation private bash "$STATE/n/namespace.sh"
  wait_for 30 ctr -a "$SOCKET" version || { tail "$LOG/containerd.log" >&2; die "containerd did not answer within 30 s"; }
  local image
  for image in "$IMAGES/pause.tar" "$@"; do ctr -a "$SOCKET" -n k8s.io images import "$image" >/dev/null; done
  start_kubelet
}

start_kubelet() {
  start kubelet nsenter -t "$(cat "$RUN/containerd.pid")" -m kubelet --config="$STATE/n/kubelet.yaml" --kubeconfig="$PKI/kubelet.conf" \
    --hostname-override="$NODE" --node-ip="$NODE_IP" --root-dir=/var/lib/kubelet --cert-dir=/var/lib/kubelet/pki \
    --container-runtime=remote --container-runtime-endpoint="unix://$SOCKET" --network-plugin=cni -v=1
  wait_for 90 kubectl wait --for=condition=Ready "node/$NODE" --timeout=1s || { tail -20 "$LOG/kubelet.log" >&2; die "the node is not Ready after 90 s"; }
}

# The shims carry our socket's path on their command line.
kill_pods() {
  local shim child
  for shim in $(ps -eo pid,args | awk -v socket="$SOCKET" '$2 ~ /containerd-shim-runc-v2$/ && index($0, socket) {print $1}'); do
    for child in $(ps -o pid= --ppid "$shim"); do kill -9 "$child" 2>/dev/null || true; done
    sleep .3
    kill -9 "$shim" 2>/dev/null || true
  done
}
