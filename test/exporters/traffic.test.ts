import { expect, test } from 'vitest';
import { flow, packetsOfAll } from '../../exporters/traffic.ts';
import { device, efa, infiniband, port, snapshot } from './fixture.ts';

test('a port tells its traffic whatever its driver calls it', () => {
  const rxe = port('rxe0', { hwCounters: { sent_pkts: 5n, rcvd_pkts: 4n } });
  const mlx5 = port('mlx5_0', { pmaCounters: { port_xmit_packets: 3n, port_xmit_data: 100n } });
  expect([flow(rxe, 'transmit_packets'), flow(rxe, 'receive_packets'), flow(rxe, 'transmit_bytes')]).toEqual([5n, 4n, undefined]);
  expect([flow(mlx5, 'transmit_packets'), flow(mlx5, 'transmit_bytes')]).toEqual([3n, 400n]);
});

test('packets of all ports since the counters began, or since an earlier look', () => {
  const earlier = snapshot({ infiniband: infiniband(efa('a', 10n, 1n), efa('b', 500n, 400n), efa('c', 7n, 7n)) });
  const reopened = { ...efa('c', 900n, 900n), generation: 2 };
  const now = snapshot({ infiniband: infiniband(efa('a', 30n, 6n), efa('b', 2n, 1n), reopened, efa('d', 50n, 50n)) });
  expect(packetsOfAll(earlier, undefined)).toEqual({ sent: 517n, received: 408n });
  expect(packetsOfAll(now, earlier)).toEqual({ sent: 20n, received: 5n });
  expect(packetsOfAll(snapshot({}), earlier)).toBeUndefined();
  expect(packetsOfAll(snapshot({ infiniband: infiniband(device('e', { ports: [port('e')] })) }), undefined)).toBeUndefined();
});
