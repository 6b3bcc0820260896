import { P4D, P5, P6, PLAIN, p4dRails, p5Rails, p6Rails, training, unanswered } from './machines.ts';
import type { Node } from './node.ts';
import { H200_MIG, H200_XID } from './one-gpu.ts';
import { spinning } from './work.ts';

const MADE_UP =
  'Made up: names, files and formats are those of the efa driver 3.1.0, of nvidia-smi 580 and of Linux, the values are invented by test/capture-builder.';
const P4D_RATE = 4_150_000_000;

const healthy: Node = {
  ...P4D,
  name: 'efa-healthy',
  description: `A p4d.24xlarge whose four EFA devices carry a training job in both directions. ${MADE_UP}`,
  efa: p4dRails((rail) => training(rail, P4D_RATE, 'read')),
};

const oneWay: Node = {
  ...P4D,
  name: 'efa-one-way',
  description: `A p4d.24xlarge whose four EFA devices send and have never received a packet: the security group has no rule to itself. Its GPUs spin in a collective. ${MADE_UP}`,
  gpus: { ...P4D.gpus, says: { work: spinning } },
  efa: p4dRails(unanswered),
};

const oneWayPods: Node = {
  ...oneWay,
  name: 'efa-one-way-pods',
  description: `The node of efa-one-way with Kubernetes: two workers of a RayCluster share its GPUs and EFA devices. ${MADE_UP}`,
  pods: 2,
};

const oneRail: Node = {
  ...P4D,
  name: 'efa-one-rail',
  description: `A p4d.24xlarge where one of four EFA devices sends and has never received a packet. ${MADE_UP}`,
  efa: p4dRails((rail) => (rail === 2 ? unanswered(rail) : training(rail, P4D_RATE, 'read'))),
};

const secondaryCidr: Node = {
  ...P4D,
  name: 'efa-secondary-cidr',
  description: `A p4d.24xlarge with healthy traffic whose address lies in the second block of its VPC. ${MADE_UP}`,
  address: '100.64.12.31',
  subnet: '100.64.12.0/24',
  vpcBlocks: ['10.0.0.0/16', '100.64.0.0/16'],
  efa: healthy.efa,
};

const QUEUE_DIED = 5;
const deadAdminQueue: Node = {
  ...P4D,
  name: 'efa-dead-admin-queue',
  description: `A p4d.24xlarge where rdmap32s27 stops answering commands five seconds after the first look. ${MADE_UP}`,
  looks: [0, QUEUE_DIED, 60, 120],
  efa: p4dRails(
    (rail) => training(rail, P4D_RATE, 'read'),
    (rail) => (rail === 1 ? { deadFrom: QUEUE_DIED } : {}),
  ),
  log: [
    {
      at: P4D.uptimeSeconds + QUEUE_DIED - 0.41,
      level: 3,
      text: "infiniband rdmap32s27: The device didn't send any completion for admin cmd GET_STATS(13) status 0 (id: 11, sq producer: 829, sq consumer: 828, cq consumer: 828)",
    },
    { at: P4D.uptimeSeconds + QUEUE_DIED - 0.4, level: 3, text: 'infiniband rdmap32s27: Failed to process command GET_STATS (opcode 13) err -62' },
    { at: P4D.uptimeSeconds + QUEUE_DIED - 0.39, level: 3, text: 'infiniband rdmap32s27: Failed to get stats type-0 scope-1.0 [-62]' },
    { at: P4D.uptimeSeconds + QUEUE_DIED - 0.2, level: 3, text: 'infiniband rdmap32s27: Admin queue is closed' },
    { at: P4D.uptimeSeconds + QUEUE_DIED - 0.19, level: 3, text: 'infiniband rdmap32s27: Failed to submit command GET_STATS (opcode 13) err -19' },
  ],
};

const driverlessFunction: Node = {
  ...P4D,
  name: 'efa-driverless-function',
  description: `A p4d.24xlarge where no driver has taken the EFA function 0000:a0:1b.0. ${MADE_UP}`,
  efa: p4dRails(
    (rail) => training(rail, P4D_RATE, 'read'),
    (rail) => (rail === 3 ? { hasDriver: false } : {}),
  ),
  log: [{ at: 9.48, level: 3, text: 'efa 0000:a0:1b.0: EFA device init failed', device: '0000:a0:1b.0' }],
};

const b200: Node = {
  ...P6,
  name: 'p6-b200',
  description: `A p6-b200.48xlarge: eight EFA devices in use and two idle ports of mlx5, which are no EFA. PCI addresses other than those of mlx5 are invented. ${MADE_UP}`,
  efa: p6Rails(),
};

const rails32: Node = {
  ...P5,
  name: 'efa-32-rails',
  description: `A p5.48xlarge whose 32 EFA devices carry a training job in both directions. ${MADE_UP}`,
  looks: [0, 60],
  efa: p5Rails(),
};

const noFabric: Node = {
  ...PLAIN,
  name: 'no-fabric',
  description: 'An EC2 node without RDMA devices and without GPUs. Made up by test/capture-builder.',
  looks: [0, 60],
  efa: [],
};

export const SCENES: readonly Node[] = [
  healthy,
  oneWay,
  oneWayPods,
  oneRail,
  secondaryCidr,
  deadAdminQueue,
  driverlessFunction,
  b200,
  rails32,
  noFabric,
  H200_XID,
  H200_MIG,
];
