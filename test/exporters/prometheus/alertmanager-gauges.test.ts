import { expect, test } from 'vitest';
import { prometheusExporter } from '../../../exporters/prometheus.ts';
import { calmReport } from '../fixture.ts';

const never = new AbortController().signal;

test('only who sends alerts directly says how the Alertmanagers fare, at each report anew', async () => {
  const exporter = prometheusExporter({ version: '0.1.0', processMetrics: false });
  const lines = async (): Promise<unknown> => {
    await exporter.publish(calmReport(), never);
    return exporter.render().body.toString().match(/^railmedic_alertmanager_.*$/gm);
  };
  expect(await lines()).toBeNull();
  let states = [
    { name: 'http://a:9093', isUp: true, waiting: 0 },
    { name: 'http://b:9093', isUp: false, waiting: 3 },
  ];
  exporter.watchAlertmanagers(() => states);
  expect(await lines()).toEqual([
    'railmedic_alertmanager_up{alertmanager="http://a:9093"} 1',
    'railmedic_alertmanager_up{alertmanager="http://b:9093"} 0',
    'railmedic_alertmanager_waiting_alerts{alertmanager="http://a:9093"} 0',
    'railmedic_alertmanager_waiting_alerts{alertmanager="http://b:9093"} 3',
  ]);
  states = [{ name: 'http://b:9093', isUp: true, waiting: 0 }];
  expect(await lines()).toEqual(['railmedic_alertmanager_up{alertmanager="http://b:9093"} 1', 'railmedic_alertmanager_waiting_alerts{alertmanager="http://b:9093"} 0']);
});
