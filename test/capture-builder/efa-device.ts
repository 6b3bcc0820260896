import { linkLocalGid, type NodeTree } from './node-tree.ts';

/** Per second, in one direction or none. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Mean payload of a packet. */
  readonly packetBytes: number;
  /** RDMA write needs a card of the p5 generation or later; p4d reads. */
  readonly verb: 'read' | 'write' | 'send';
}

export interface EfaDevice {
  readonly name: string;
  readonly number: number;
  /** `0000:10:1b.0` */
  readonly address: string;
  readonly pciDevice: '0xefa1' | '0xefa2' | '0xefa3';
  readonly numaNode: number;
  readonly mac: string;
  readonly rate: string;
  readonly traffic: Traffic;
  /** How long traffic has flowed at the first look. */
  readonly sinceSeconds: number;
  /** Since then the card's admin queue is closed. */
  readonly deadFrom?: number;
  readonly hasDriver?: boolean;
}

/** Names, files and formats: efa_verbs.c and efa_main.c of driver 3.1.0, drivers/infiniband/core/sysfs.c. */
export function addEfaDevice(tree: NodeTree, efa: EfaDevice, seconds: number): void {
  const function_ = addEfaFunction(tree, efa);
  if (efa.hasDriver === false) return;
  const device = `${function_}/infiniband/${efa.name}`;
  tree.link(`/sys/class/infiniband/${efa.name}`, device);
  tree.link(`${device}/device`, function_);
  tree.attributes(device, {
    fw_ver: '',
    node_desc: '',
    node_guid: nodeGuid(efa),
    node_type: '7: unspecified',
    sys_image_guid: '0000:0000:0000:0000',
  });
  tree.attributes(`${device}/hw_counters`, commandCounters(efa, seconds));
  const port = `${device}/ports/1`;
  tree.attributes(port, {
    cap_mask: '0x00000000',
    lid: '0x0',
    link_layer: 'Unknown',
    phys_state: '5: LinkUp',
    rate: efa.rate,
    state: '4: ACTIVE',
  });
  tree.attributes(`${port}/gids`, { 0: linkLocalGid(efa.mac) });
  tree.attributes(`${port}/hw_counters`, portCounters(efa, seconds));
  if (isDead(efa, seconds)) {
    for (const path of tree.entries.keys()) {
      if (path.startsWith(`${port}/hw_counters/`) && !path.endsWith('/lifespan')) tree.errors[path] = 'ENODEV';
    }
  }
  const verbs = `${function_}/infiniband_verbs/uverbs${efa.number}`;
  tree.link(`/sys/class/infiniband_verbs/uverbs${efa.number}`, verbs);
  tree.attributes(verbs, { abi_version: 1, dev: `231:${192 + efa.number}`, ibdev: efa.name });
  tree.link(`${verbs}/device`, function_);
  tree.file(`/dev/infiniband/uverbs${efa.number}`, '');
}

function addEfaFunction(tree: NodeTree, efa: EfaDevice): string {
  const function_ = pciFunction(efa.address);
  const id = efa.pciDevice.slice(2).toUpperCase();
  const driver = efa.hasDriver === false ? '' : 'DRIVER=efa\n';
  tree.link(`/sys/bus/pci/devices/${efa.address}`, function_);
  tree.attributes(function_, { class: '0x020000', device: efa.pciDevice, numa_node: efa.numaNode, vendor: '0x1d0f' });
  tree.file(
    `${function_}/uevent`,
    `${driver}PCI_CLASS=20000\nPCI_ID=1D0F:${id}\nPCI_SUBSYS_ID=1D0F:${id}\nPCI_SLOT_NAME=${efa.address}\n`,
  );
  if (efa.hasDriver !== false) tree.link(`${function_}/driver`, '/sys/bus/pci/drivers/efa');
  tree.link('/sys/bus/pci/drivers/efa/module', '/sys/module/efa');
  tree.attributes('/sys/module/efa', { version: '3.1.0g' });
  return function_;
}

/** `/sys/devices/pci0000:10/0000:10:1b.0`: every function sits on a root bus of its own here. */
export function pciFunction(address: string): string {
  return `/sys/devices/pci${address.slice(0, 7)}/${address}`;
}

/** As aws-ofi-nccl reads it (src/platform-aws.cpp): low octets of the MAC, PCI domain, bus, function index. */
function nodeGuid(efa: EfaDevice): string {
  const [, , third = '', fourth = '', fifth = '', sixth = ''] = efa.mac.split(':');
  return `${third}${fourth}:${fifth}${sixth}:${efa.address.slice(0, 4)}:${efa.address.slice(5, 7)}00`;
}

function isDead(efa: EfaDevice, seconds: number): boolean {
  return efa.deadFrom !== undefined && seconds >= efa.deadFrom;
}

/** The queue's own reads of statistics: five commands a refresh, one refresh in five seconds. */
function commandCounters(efa: EfaDevice, seconds: number): Record<string, number> {
  const alive = isDead(efa, seconds) ? (efa.deadFrom ?? 0) : seconds;
  const completed = 380 + efa.number + Math.floor(efa.sinceSeconds + alive);
  const lost = isDead(efa, seconds) ? 1 : 0;
  return {
    alloc_pd_err: 0,
    alloc_ucontext_err: 0,
    cmds_err: 0,
    completed_cmds: completed,
    create_ah_err: 0,
    create_cq_err: 0,
    create_qp_err: 0,
    keep_alive_rcvd: Math.floor((efa.sinceSeconds + alive) / 2),
    lifespan: 12,
    mmap_err: 0,
    no_completion_cmds: lost,
    reg_mr_err: 0,
    submitted_cmds: completed + lost,
  };
}

function portCounters(efa: EfaDevice, seconds: number): Record<string, bigint> {
  const { traffic } = efa;
  const moved = isDead(efa, seconds) ? (efa.deadFrom ?? 0) : seconds;
  const total = (perSecond: number): bigint => BigInt(Math.round(perSecond)) * BigInt(Math.round(efa.sinceSeconds + moved));
  const by = (verb: Traffic['verb'], perSecond: number): bigint => (traffic.verb === verb ? total(perSecond) : 0n);
  const requests = (bytes: number): number => bytes / 131_072;
  // Control messages go by send in every protocol.
  const control = { sent: traffic.sentBytes / 500, received: traffic.receivedBytes / 500 };
  const sends = traffic.verb === 'send' ? { sent: traffic.sentBytes, received: traffic.receivedBytes } : control;
  const retransmitted = traffic.receivedBytes > 0 && efa.pciDevice !== '0xefa1' ? 3 : 0;
  return {
    impaired_remote_conn_events: 0n,
    lifespan: 12n,
    rdma_read_bytes: by('read', traffic.receivedBytes),
    rdma_read_resp_bytes: by('read', traffic.sentBytes),
    rdma_read_wr_err: 0n,
    rdma_read_wrs: by('read', requests(traffic.receivedBytes)),
    rdma_write_bytes: by('write', traffic.sentBytes),
    rdma_write_recv_bytes: by('write', traffic.receivedBytes),
    rdma_write_wr_err: 0n,
    rdma_write_wrs: by('write', requests(traffic.sentBytes)),
    recv_bytes: total(sends.received),
    recv_wrs: total(sends.received / 64),
    retrans_bytes: total(retransmitted * traffic.packetBytes),
    retrans_pkts: total(retransmitted),
    retrans_timeout_events: 0n,
    rx_bytes: total(traffic.receivedBytes),
    rx_drops: 0n,
    rx_pkts: total(traffic.receivedBytes / traffic.packetBytes),
    send_bytes: total(sends.sent),
    send_wrs: total(sends.sent / 64),
    tx_bytes: total(traffic.sentBytes),
    tx_pkts: total(traffic.sentBytes / traffic.packetBytes),
    unresponsive_remote_events: 0n,
  };
}
