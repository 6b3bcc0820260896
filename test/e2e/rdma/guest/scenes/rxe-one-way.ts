import { blockArrivals } from '../fabric.ts';
import type { Scene } from '../lab.ts';
import { oneWay } from './one-way.ts';

/** Packets really sent by a real driver, dropped by a firewall on their way to rxe0. */
export const rxeOneWay: Scene = async (lab) => {
  await oneWay(lab.agent, {
    scene: 'soft-RoCE one way',
    subject: 'rxe0/1',
    looks: 2,
    block: () => blockArrivals('veth0'),
    unblock: () => lab.heal(),
  });
};
