import type { Finding, Snapshot } from '../../../agent/model.ts';
import type { RuleFacts } from '../../../exporters/kubernetes/parts.ts';
import { nodeConditionExporter, type NodeConditionExporter } from '../../../exporters/node-condition.ts';
import { FakeApiServer, surroundings, type Surroundings } from './fake-api-server.ts';
import { look } from './node-fixture.ts';

/** One agent: a clock, and a look whenever a test says so. */
export class Agent {
  readonly around: Surroundings;
  readonly api: FakeApiServer;
  readonly exporter: NodeConditionExporter;
  seconds = 0;

  constructor(api = new FakeApiServer(), severity: 'critical' | 'warning' = 'critical', startedAt = 0, rules?: readonly RuleFacts[]) {
    this.around = surroundings(api, rules);
    this.api = api;
    this.seconds = startedAt;
    this.around.now = 1000 + startedAt;
    this.exporter = nodeConditionExporter({ ...this.around, severity, nowSeconds: () => this.around.now });
  }

  /** Looks every five seconds for so long, the last time at its end. */
  async watch(seconds: number, findings: readonly Finding[] = [], readings: Partial<Snapshot> = {}): Promise<void> {
    const end = this.seconds + seconds;
    for (;;) {
      this.around.now = 1000 + this.seconds;
      await this.exporter.publish(look(this.seconds, findings, readings), new AbortController().signal);
      await this.exporter.settled();
      if (this.seconds >= end) return;
      this.seconds = Math.min(end, this.seconds + 5);
    }
  }
}
