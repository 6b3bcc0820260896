import { Gauge, type Registry } from '@prometheus-io/client';

/** How the agent fares with one Alertmanager. */
export interface AlertmanagerState {
  readonly name: string;
  readonly isUp: boolean;
  readonly waiting: number;
}

/** Only where alerts are sent directly: whether they arrive. Asked at each report. */
export function alertmanagerGauges(registry: Registry, states: () => readonly AlertmanagerState[]): void {
  const labelNames = ['alertmanager'] as const;
  const up = new Gauge({
    name: 'railmedic_alertmanager_up',
    help: '1 if the Alertmanager took what it was sent last, 0 if it did not.',
    labelNames,
    registers: [],
    collect() {
      this.reset();
      for (const { name: alertmanager, isUp } of states()) this.set({ alertmanager }, isUp ? 1 : 0);
    },
  });
  const waiting = new Gauge({
    name: 'railmedic_alertmanager_waiting_alerts',
    help: 'Alerts whose latest state the Alertmanager has not taken yet.',
    labelNames,
    registers: [],
    collect() {
      this.reset();
      for (const state of states()) this.set({ alertmanager: state.name }, state.waiting);
    },
  });
  registry.registerMetric(up);
  registry.registerMetric(waiting);
}
