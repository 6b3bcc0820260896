import type { Exporter, Report } from '../agent/model.ts';
import type { AlertWords } from './alertmanager/alert.ts';
import { Ledger } from './alertmanager/ledger.ts';
import { Peer, type PeerClock, type PeerEvents } from './alertmanager/peer.ts';
import type { Post } from './alertmanager/post.ts';
import { count, duration } from './words.ts';

export type { PeerClock } from './alertmanager/peer.ts';
export type { Post, PostAnswer } from './alertmanager/post.ts';

export interface AlertmanagerOptions extends AlertWords {
  /** Every one is told everything: the Alertmanagers of a cluster compare among themselves what they notify of. */
  readonly peers: readonly { readonly name: string; readonly post: Post }[];
  /** A standing alert is told again after so long. */
  readonly refreshSeconds: number;
  /** Time between two reports: no refresh can come sooner. */
  readonly intervalSeconds: number;
  readonly generatorUrl?: string;
  readonly clock: PeerClock;
  /** Words for the agent's log: static words, values as fields. */
  readonly note: (level: 'info' | 'warn', message: string, fields: Readonly<Record<string, string | number>>) => void;
  /** Called for every attempt that failed, and for every alert that was refused. */
  readonly onFailure?: () => void;
}

export interface AlertmanagerExporter extends Exporter {
  /** How each peer fares, for a metric. */
  peers(): readonly { readonly name: string; readonly isUp: boolean; readonly waiting: number }[];
}

/**
 * An alert outlives so many refreshes that did not come: as Prometheus has it (rules/alerting.go, sendAlerts: four times its
 * resend delay), long enough for an agent to be replaced and short enough that a dead one's alerts do not stand all night.
 */
const LIFETIME_REFRESHES = 4;

/** Tells Alertmanagers what fires, again and again while it does, and when it ends. `publish` hands over and does not wait. */
export function alertmanagerExporter(options: AlertmanagerOptions): AlertmanagerExporter {
  const ledger = new Ledger(options);
  const refreshMs = Math.max(options.refreshSeconds, options.intervalSeconds) * 1000;
  const peers: readonly Peer[] = options.peers.map(
    ({ name, post }) =>
      new Peer({
        name,
        post,
        ledger,
        clock: options.clock,
        refreshMs,
        lifetimeMs: refreshMs * LIFETIME_REFRESHES,
        generatorUrl: options.generatorUrl,
        on: events(name, options, forgetWhatAllHeard),
      }),
  );
  const noteLosses = lossNotes(ledger, options);

  /** An end is kept until every peer has heard of it. */
  function forgetWhatAllHeard(): void {
    for (const entry of ledger.entries.values()) {
      if (entry.state === 'ended' && peers.every((peer) => peer.hasHeardOf(entry))) ledger.forget(entry.key);
    }
  }

  return {
    name: 'alertmanager',
    publish(report: Report) {
      ledger.update(report, options.clock.wallMs());
      noteLosses();
      for (const peer of peers) peer.wake();
      return Promise.resolve();
    },
    peers: () => peers.map(({ name, isUp, waiting }) => ({ name, isUp, waiting })),
    async close() {
      // What stands is not ended: the fault is still there, and the next agent on this node tells of it.
      await Promise.all(peers.map((peer) => peer.close()));
    },
  };
}

function events(alertmanager: string, { note, onFailure }: AlertmanagerOptions, delivered: () => void): PeerEvents {
  return {
    delivered,
    failed: () => onFailure?.(),
    down: (reason, waiting) => note('warn', 'Alertmanager takes no alerts; they are kept and sent when it does', { alertmanager, reason, waiting }),
    up: (seconds) => note('info', `Alertmanager takes alerts again after ${duration(seconds)}`, { alertmanager }),
    refused: ({ alert: { labels } }, reason) =>
      note('warn', 'Alertmanager refuses an alert; the others are sent', {
        alertmanager,
        rule: labels['alertname'] ?? '',
        subject: labels['subject'] ?? '',
        reason,
      }),
    clockDiffers: (seconds) => {
      if (seconds === 0) note('info', 'the clocks of this node and of Alertmanager agree again', { alertmanager });
      else
        note('warn', `the clock of this node is ${duration(Math.abs(seconds))} ${seconds > 0 ? 'behind' : 'ahead of'} that of Alertmanager, whose time is used`, {
          alertmanager,
        });
    },
  };
}

/** Says once that alerts are not kept, and once when they all are again. */
function lossNotes(ledger: Ledger, { note }: AlertmanagerOptions): () => void {
  let overflowed = false;
  let endsTold = 0;
  return () => {
    if (ledger.overflow > 0 !== overflowed) {
      overflowed = ledger.overflow > 0;
      if (overflowed) note('warn', `too many alerts at once: ${count(ledger.overflow, 'alert')} of the least severe are not sent`, {});
      else note('info', 'all alerts are sent again', {});
    }
    if (ledger.droppedEnds > 0 && endsTold === 0) {
      note('warn', 'an Alertmanager has been away so long that ends of alerts are given up; it lets those alerts run out', {});
    }
    endsTold = ledger.droppedEnds;
  };
}
