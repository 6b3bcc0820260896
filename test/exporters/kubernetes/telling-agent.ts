import type { Finding, Snapshot } from '../../../agent/model.ts';
import { eventExporter, type EventExporter } from '../../../exporters/event.ts';
import { FakeApiServer, surroundings, type Surroundings } from './fake-api-server.ts';
import { look } from './node-fixture.ts';

/** One agent that makes Events: a clock, and a look whenever a test says so. */
export class Agent {
  readonly around: Surroundings;
  readonly api: FakeApiServer;
  readonly exporter: EventExporter;
  seconds: number;

  constructor(api = new FakeApiServer(), startedAt = 0, severity: 'critical' | 'warning' = 'warning') {
    this.around = surroundings(api);
    this.api = api;
    this.seconds = startedAt;
    this.around.now = 1000 + startedAt;
    this.exporter = eventExporter({ ...this.around, severity, nowSeconds: () => this.around.now });
  }

  /** One look, `seconds` after the last one. */
  async look(seconds: number, findings: readonly Finding[] = [], readings: Partial<Snapshot> = {}): Promise<void> {
    this.seconds += seconds;
    this.around.now = 1000 + this.seconds;
    await this.exporter.publish(look(this.seconds, findings, readings), new AbortController().signal);
    await this.exporter.settled();
  }

  events(): Record<string, unknown>[] {
    return [...this.api.events.values()];
  }
}
