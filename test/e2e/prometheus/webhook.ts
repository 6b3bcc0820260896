import { once } from 'node:events';
import { createServer } from 'node:http';
import { atEnd } from '../processes.ts';

/** An alert as Alertmanager hands it to a webhook. */
export interface Notified {
  /** The receiver that the route chose. */
  readonly receiver: string;
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Notification {
  readonly receiver: string;
  readonly alerts: readonly Omit<Notified, 'receiver'>[];
}

export interface Webhook {
  readonly url: string;
  /** Everything it was told, oldest first. */
  readonly notified: readonly Notified[];
  /** What it was told of alerts of that name, each change once: `['firing', 'resolved']`. */
  story(alertname: string): readonly string[];
}

/** A receiver on loopback that writes down what people would be woken with. */
export async function startWebhook(): Promise<Webhook> {
  const notified: Notified[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((pieces) => {
      const { receiver, alerts } = JSON.parse(Buffer.concat(pieces as Buffer[]).toString()) as Notification;
      notified.push(...alerts.map((alert) => ({ ...alert, receiver })));
      return response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the webhook has no port');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${address.port}/`,
    notified,
    story: (alertname) =>
      notified
        .filter(({ labels }) => labels['alertname'] === alertname)
        .map(({ status }) => status)
        .filter((status, index, all) => status !== all[index - 1]),
  };
}
