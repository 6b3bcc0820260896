import type { Cause } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { cannotTell, portPairs, undecided, type PortPair } from '../rates.ts';
import { grouped } from '../words.ts';
import { listed, portRises, risen, vanishedUndecided } from './counter-rises.ts';

// PortCounters (drivers/infiniband/core/sysfs.c, PORT_PMA_ATTR) are this wide and stay at their highest value.
const HIGHEST: Readonly<Record<string, bigint>> = {
  link_downed: 0xffn,
  symbol_error: 0xffffn,
  port_rcv_errors: 0xffffn,
  local_link_integrity_errors: 0xfn,
  excessive_buffer_overrun_errors: 0xfn,
};

export const infinibandLinkErrors = defineRule({
  name: 'InfinibandLinkErrors',
  title: 'InfiniBand or RoCE link has errors',
  severity: 'warning',
  page: 'rules/fabric/infiniband-link-errors.md',
  needs: ['infiniband'],
  // A bad cable shows a few errors a minute, not at every look.
  clearAfterSeconds: 300,
  settings: { windowSeconds: 60, counters: Object.keys(HIGHEST) },
  *check(now, before, seconds, settings) {
    for (const pair of portPairs(now.infiniband, before?.infiniband)) {
      if (pair.device.isEfa) continue;
      const pma = portRises(pair, settings.counters, 'counters');
      // soft-RoCE counts this one itself (rxe_hw_counters.c) and has no counters/ directory.
      const own = portRises(pair, ['link_downed'], 'hw_counters');
      const entries = risen({ by: { ...own.by, ...pma.by }, gap: undefined });
      const stuck = Object.keys(pma.by).filter((name) => pair.port.pmaCounters[name] === HIGHEST[name]);
      const gap = pma.gap ?? own.gap;
      const state = pair.port.state === undefined ? {} : { state: pair.port.state };
      if (entries.length > 0) {
        yield {
          subject: pair.port.name,
          message: `link errors rose: ${listed(entries)} in ${grouped(seconds)} s`,
          evidence: { ...Object.fromEntries(entries), ...state },
          causes: causes(
            pair,
            entries.some(([name]) => name === 'link_downed'),
          ),
        };
      } else if (stuck[0] !== undefined) {
        yield cannotTell(pair.port.name, `at the highest value and unable to rise until cleared: ${stuck.join(', ')}`);
      } else if (gap !== undefined) yield undecided(pair.port.name, gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

function causes({ device, port }: PortPair, linkWentDown: boolean): readonly Cause[] {
  const dump = `perfquery -x -C ${device.name} -P ${port.port}`;
  const cable: Cause = {
    cause: 'cable-or-transceiver',
    likelihood: linkWentDown ? 'possible' : 'likely',
    why: 'symbol, receive and integrity errors come from a dirty, loose, bent or failing cable or optic',
    check: ['ibqueryerrors --ports', dump, `mlxlink -d ${device.pciAddress ?? device.name} -m -c`],
    fix: [`perfquery -R -C ${device.name} -P ${port.port}   # once the cable is reseated or replaced; then watch them`],
  };
  const other: Cause = {
    cause: 'other-end-went-down',
    likelihood: linkWentDown ? 'likely' : 'possible',
    why: 'the switch port or the peer was reset, powered off or taken down: link_downed rises without other errors',
    check: [
      `iblinkinfo -C ${device.name} -P ${port.port}`,
      `rdma link show ${device.name}/${port.port}`,
      'dmesg -T | grep -i -E "link (is )?(up|down)" | tail -20',
    ],
    fix: ['ip link set "$NETDEV" up   # RoCE, where somebody took the interface down'],
  };
  return linkWentDown ? [other, cable] : [cable, other];
}
