import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alertmanagerSchema } from '../agent/config/alertmanager.ts';
import { parseConfig } from '../agent/config/parse.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/alertmanager.md'), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

test('docs/alertmanager.md: its configurations are ones that the agent takes', () => {
  const configs = blocks.map((text) => parseConfig(text, 'docs/alertmanager.md', []).exporters.alertmanager);
  expect(configs).toEqual([
    {
      urls: ['http://alertmanager-0.alertmanager:9093', 'http://alertmanager-1.alertmanager:9093'],
      labels: { cluster: 'prod-1' },
      refreshSeconds: 60,
      timeoutSeconds: 5,
    },
    {
      urls: ['https://alertmanager.example.com/prefix'],
      labels: { cluster: 'prod-1', team: 'gpu' },
      runbookBase: 'https://git.example.org/infra/railmedic/blob/main',
      dashboardBase: 'https://grafana.example.com',
      refreshSeconds: 60,
      timeoutSeconds: 5,
      caFile: '/etc/railmedic/alertmanager/ca.pem',
      bearerTokenFile: '/var/run/secrets/alertmanager/token',
    },
    {
      urls: ['http://alertmanager-operated.monitoring:9093'],
      labels: { cluster: 'prod-1', prometheus: 'monitoring/kube-prometheus-stack-prometheus' },
      refreshSeconds: 60,
      timeoutSeconds: 5,
    },
  ]);
});

test('docs/alertmanager.md: its table has every key, and no other', () => {
  const keys = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? '');
  expect(keys.toSorted()).toEqual(Object.keys(alertmanagerSchema.entries).toSorted());
});
