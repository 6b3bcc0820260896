import { Absent, type Collector } from '../collector.ts';
import type { Pods } from '../model.ts';

/** What watches the API server in the background; made in agent/kubernetes/. */
export interface PodFeed {
  /** Begins at the first call and waits for the first list, a failure or the signal. */
  begin(signal: AbortSignal): Promise<void>;
  /** As it is now, without waiting. Throws where it is not known, or no longer. */
  read(): Omit<Pods, 'seenAt'>;
  close(): void;
}

/** The pods of this node as the API server tells them; `feed` in words where there is none. */
export function podsCollector(feed: PodFeed | string): Collector<'pods'> {
  return {
    name: 'pods',
    timeoutSeconds: 10,
    async collect(host, signal) {
      if (host.recorded) {
        if (!host.recorded.pods) throw new Absent('the capture holds no pods');
        return host.recorded.pods;
      }
      if (typeof feed === 'string') throw new Absent(feed);
      await feed.begin(signal);
      return { ...feed.read(), seenAt: host.wallTime().toISOString() };
    },
    close() {
      if (typeof feed !== 'string') feed.close();
    },
  };
}
