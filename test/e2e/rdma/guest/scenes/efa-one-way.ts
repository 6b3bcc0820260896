import { blockArrivals, setCard } from '../fabric.ts';
import type { Scene } from '../lab.ts';
import { oneWay } from './one-way.ts';

/** The security group fault as the driver shows it: packets leave, none arrives. */
export const efaOneWay: Scene = async (lab) => {
  await oneWay(lab.agent, {
    scene: 'efa one way',
    subject: 'efa_0/1',
    looks: 2,
    block: () => setCard({ rx_pps: 0 }),
    unblock: () => lab.heal(),
  });
};

/** Every port that sends is affected: one finding about the node, not one a port. */
export const everyPortOneWay: Scene = async (lab) => {
  await oneWay(lab.agent, {
    scene: 'every port one way',
    subject: 'node',
    looks: 2,
    block: () => {
      setCard({ rx_pps: 0 });
      blockArrivals('veth0');
      blockArrivals('veth1');
    },
    unblock: () => lab.heal(),
  });
};
