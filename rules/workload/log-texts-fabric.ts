import type { KnownText } from './log-causes.ts';

const explain = (rule: string): string => `railmedic explain ${rule}`;

/** aws-ofi-nccl, libfabric's EFA provider, NCCL and PyTorch, by their sources; what only follows from another fault stands last. */
export const FABRIC_TEXTS: readonly KnownText[] = [
  {
    cause: 'security-group',
    // aws-ofi-nccl 1.21, src/platform-aws.cpp. libfabric says of the same error that the peer may have ended, too.
    pattern: /security group on either this instance or the peer instance/,
    why: 'EFA packets did not come through: the plugin blames the security group of this node or of its peer, which must allow all traffic from and to itself; a peer that has ended looks the same',
    check: [explain('FabricOneWayTraffic')],
  },
  {
    cause: 'peer-unreachable',
    pattern: /prov_errno: 15\b|peer is not reachable by the EFA device/,
    why: 'EFA could not reach a peer (completion status 15): most often a security group without a rule to itself, else another subnet or a peer that has ended',
    check: [explain('FabricOneWayTraffic')],
  },
  {
    cause: 'bad-address-handle',
    pattern: /ibv_create_ah failed with EINVAL|Unable to insert remote address into address vector/,
    why: 'EFA refused the address of a peer: it is in another Availability Zone or VPC, or its address is stale',
    check: [explain('EfaAddressHandleErrors')],
  },
  {
    cause: 'efa-not-in-the-pod',
    pattern: /No eligible providers were found|Could not find any optimal provider|aws-ofi-nccl initialization failed/,
    why: 'the EFA plugin found no EFA device: the pod asks for none, the device files are not in it, or its libfabric is too old',
    check: ['fi_info -p efa -t FI_EP_RDM   # in a pod of the same template', explain('EfaNotRequested'), explain('EfaDeviceFileMissing')],
  },
  {
    cause: 'libfabric-too-old',
    pattern: /EFA provider requires at least libfabric version (\d[\d.]{0,10}\d)/,
    why: ([, version]) => `the image's libfabric is older than ${version}, which this plugin needs`,
    fix: ['# an image with a newer EFA installer, which brings libfabric and aws-ofi-nccl together'],
  },
  {
    cause: 'gpudirect-registration',
    pattern: /Unable to register memory \(type = 2\)|GDR disabled on GDR-supported instance type/,
    why: 'GPU memory could not be registered with EFA (GPUDirect): the driver lacks dma-buf, or the memory is not of a kind that can be registered',
  },
  {
    cause: 'fork-with-registered-memory',
    pattern: /operation involving a call to the fork\(\) system call/,
    why: 'a process forked while EFA memory was registered, which kernels before 5.13 and rdma-core before 35 do not stand',
    fix: ['# newer kernel and rdma-core; until then FI_EFA_FORK_SAFE=1'],
  },
  {
    cause: 'socket-interface',
    pattern: /NET\/Socket : no interface found|No usable listening interface found/,
    why: 'NCCL found no network interface to meet its peers on: NCCL_SOCKET_IFNAME names one that this pod does not have',
    check: [explain('SocketInterfaceHardcoded')],
  },
  {
    cause: 'efa-provider-error',
    pattern: /Libfabric EFA provider has encountered an internal error/,
    why: "libfabric's EFA provider gave up; the EFA findings of this node and its kernel log say whether the device did",
    check: ["dmesg -T | grep -E 'infiniband|efa' | tail -20   # on the node"],
  },
  {
    cause: 'peer-gone',
    pattern: /The peer of address .{1,200} becomes unresponsive|Unresponsive receiver|socketProgress: Connection closed by remote peer/,
    why: 'a peer stopped answering: most often it crashed first, and its log has the cause; else its node or the path to it',
    check: [explain('EfaPeerUnresponsive')],
  },
  {
    cause: 'collective-timeout',
    pattern: /Watchdog caught collective operation timeout/,
    why: 'a collective waited until it timed out: a symptom. The cause is the rank that did not come, or a path: look at the fabric and GPU findings of every node of the job',
    check: [explain('GpuSpinning'), explain('FabricOneWayTraffic')],
  },
];
