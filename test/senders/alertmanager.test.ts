import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAlertmanager, poster } from '../../agent/senders/alertmanager.ts';
import type { AlertmanagerConfig } from '../../agent/config/alertmanager.ts';
import { parseConfig } from '../../agent/config/parse.ts';
import type { AlertmanagerExporter } from '../../exporters/alertmanager.ts';
import { CERTIFICATE, KEY } from '../exporters/alertmanager/certificate.ts';
import { finding, oneWay, report } from '../exporters/fixture.ts';

const never = new AbortController().signal;
const servers: Server[] = [];
const exporters: AlertmanagerExporter[] = [];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'railmedic-alertmanager-'));
});
afterEach(async () => {
  for (const exporter of exporters.splice(0)) await exporter.close();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(directory, { recursive: true, force: true });
});

async function listening(server: Server, scheme = 'http'): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  return `${scheme}://127.0.0.1:${address.port}`;
}

const serve = (listener: RequestListener): Promise<string> => listening(createServer(listener));

function configure(fields: string, ...urls: readonly string[]): AlertmanagerConfig {
  const text = `exporters: { alertmanager: { urls: ${JSON.stringify(urls)}, ${fields} } }`;
  const { alertmanager } = parseConfig(text, 'railmedic.yaml', []).exporters;
  if (!alertmanager) throw new Error('the configuration has no alertmanager');
  return alertmanager;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat((await request.toArray()) as Buffer[]).toString();
}

/** Waits for something that a process or a server does in its own time. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (isSo()) return;
    await setTimeout(10);
  }
  throw new Error(`did not come: ${what}`);
}

describe('a request', () => {
  test('goes to the API below the path of the URL, with what the answer says of time', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      const { method, url: path, headers } = request;
      response.writeHead(429, { 'Retry-After': '7', Date: 'Mon, 23 Nov 2026 20:00:00 GMT' });
      void bodyOf(request).then((body) => (seen.push([method, path, headers['content-type'], headers.authorization, body]), response.end('slowly')));
    });
    const post = poster(`${url}/prefix`, configure('', `${url}/prefix/`));
    expect(await post('[]', never)).toEqual({ status: 429, body: 'slowly', dateMs: 1_795_464_000_000, retryAfterSeconds: 7 });
    expect(seen).toEqual([['POST', '/prefix/api/v2/alerts', 'application/json', undefined, '[]']]);
  });

  test('has the token that the file holds now', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const file = join(directory, 'token');
    const post = poster(url, configure(`bearerTokenFile: ${file}`, url));
    for (const token of ['first', 'second']) {
      writeFileSync(file, `${token}\n`);
      await post('[]', never);
    }
    expect(seen).toEqual(['Bearer first', 'Bearer second']);
    rmSync(file);
    await expect(post('[]', never)).rejects.toThrow(`cannot read ${file}: ENOENT`);
    writeFileSync(file, '\n');
    await expect(post('[]', never)).rejects.toThrow(`cannot use ${file}: got nothing, expected a password or token on one line`);
    writeFileSync(file, 'one\ntwo\n');
    await expect(post('[]', never)).rejects.toThrow(`cannot use ${file}: got more than one line, expected a password or token on one line`);
  });

  test('has a name and a password', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    writeFileSync(join(directory, 'password'), 'pä:ss\n');
    await poster(url, configure(`basicAuth: { username: me, passwordFile: ${join(directory, 'password')} }`, url))('[]', never);
    expect(seen).toEqual([`Basic ${Buffer.from('me:pä:ss').toString('base64')}`]);
  });

  test('trusts over TLS whom it is told to trust, and nobody else', async () => {
    const url = await listening(createTlsServer({ cert: CERTIFICATE, key: KEY }, (_, response) => response.end('ok')), 'https');
    const caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, CERTIFICATE);
    expect(await poster(url, configure(`caFile: ${caFile}`, url))('[]', never)).toMatchObject({ status: 200, body: 'ok' });
    await expect(poster(url, configure('', url))('[]', never)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('ends at its time limit, whatever the other side does', async () => {
    const url = await serve((_, response) => {
      response.write('a');
      const drip = setInterval(() => response.write('a'), 20);
      response.on('close', () => clearInterval(drip));
    });
    await expect(poster(url, configure('timeoutSeconds: 0.3', url))('[]', never)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});

describe('an Alertmanager that', () => {
  const answers: Readonly<Record<string, (request: IncomingMessage, response: Parameters<RequestListener>[1]) => void>> = {
    'closes at once': (request) => request.socket.destroy(),
    'closes while it takes the body': (request) => void request.once('data', () => request.socket.destroy()),
    'closes in the middle of its answer': (_, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('half', () => response.destroy());
    },
    'answers 500': (_, response) => void response.writeHead(500).end('{"status":"error"}'),
    'answers nonsense': (request) => void request.socket.end('\u0000\u0001 nonsense\r\n\r\n'),
    'answers too late': () => {},
  };

  test.each(Object.keys(answers))('%s hears of the alert another time, and the other peer at once', async (what) => {
    const [heard, good] = [[] as string[], [] as string[]];
    let tries = 0;
    const bad = await serve((request, response) => {
      tries += 1;
      if (tries === 1) answers[what]?.(request, response);
      else void bodyOf(request).then((body) => (heard.push(body), response.end()));
    });
    const other = await serve((request, response) => void bodyOf(request).then((body) => (good.push(body), response.end())));
    const notes: string[] = [];
    let failures = 0;
    const exporter = openAlertmanager(configure('timeoutSeconds: 0.3', bad, other), {
      listen: { host: '10.0.3.7', port: 9477 },
      intervalSeconds: 5,
      note: (level, message) => notes.push(`${level} ${message}`),
      onFailure: () => (failures += 1),
    });
    exporters.push(exporter);
    await exporter.publish(report(), never);
    await until('the alert at both', () => heard.length === 1 && good.length === 1);
    expect(JSON.parse(heard[0] ?? '')).toMatchObject([{ labels: { alertname: oneWay.rule, subject: 'node' }, generatorURL: 'http://10.0.3.7:9477/' }]);
    await until('words of its return', () => notes.length === 2);
    expect(notes[0]).toBe('warn Alertmanager takes no alerts; they are kept and sent when it does');
    expect(notes[1]).toMatch(/^info Alertmanager takes alerts again after /);
    expect(failures).toBe(1);
    expect(tries).toBe(2);
  });

  test.each([400, 200])('answers %i without end is known by its status, and its words are cut', async (status) => {
    const url = await serve((_, response) => {
      response.writeHead(status);
      const flood = (): void => {
        while (response.write('a'.repeat(64 * 1024)));
        response.once('drain', flood);
      };
      flood();
    });
    const answer = await poster(url, configure('', url))('[]', never);
    expect([answer.status, answer.body.length]).toEqual([status, 64 * 1024]);
  });

  test('refuses an alert with many words gets the others', async () => {
    const heard: string[] = [];
    const answer = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
      const body = await bodyOf(request);
      const isBad = body.includes('GpuXid');
      if (!isBad) heard.push(body);
      response.writeHead(isBad ? 400 : 200).end(isBad ? 'x'.repeat(1 << 20) : '');
    };
    const url = await serve((request, response) => void answer(request, response));
    const notes: unknown[] = [];
    const surroundings = { listen: { host: '127.0.0.1', port: 9477 }, intervalSeconds: 5, note: (level: string, message: string) => void notes.push(`${level} ${message}`) };
    const exporter = openAlertmanager(configure('', url), surroundings);
    exporters.push(exporter);
    await exporter.publish(report({ findings: [finding({ rule: 'GpuXid', title: 'Xid 79' }), finding({ rule: 'FabricOneWayTraffic', title: 'Its own' })] }), never);
    await until('the other alert', () => heard.length === 1 && notes.length === 1);
    expect(notes).toEqual(['warn Alertmanager refuses an alert; the others are sent']);
    // The words of Prometheus' alert: those of the rule.
    expect(JSON.parse(heard[0] ?? '')).toMatchObject([{ labels: { alertname: 'FabricOneWayTraffic' }, annotations: { summary: 'A fabric port sends and receives nothing.' } }]);
  });

  test('answers 400 is not asked the same again at once', async () => {
    let tries = 0;
    const url = await serve((_, response) => {
      tries += 1;
      response.writeHead(400).end('"invalid label set"');
    });
    const notes: unknown[] = [];
    const exporter = openAlertmanager(configure('', url), {
      listen: { host: '127.0.0.1', port: 9477 },
      intervalSeconds: 5,
      note: (level, message, fields) => notes.push([level, message, fields]),
    });
    exporters.push(exporter);
    await exporter.publish(report(), never);
    await until('words of the refusal', () => notes.length === 1);
    await exporter.publish(report(), never);
    await setTimeout(50);
    expect(tries).toBe(1);
    expect(notes).toEqual([
      [
        'warn',
        'Alertmanager refuses an alert; the others are sent',
        { alertmanager: url, rule: 'FabricOneWayTraffic', subject: 'node', reason: 'answered 400: "invalid label set"' },
      ],
    ]);
  });
});

describe('a configuration that cannot be meant', () => {
  test.each([
    ['{ url: [http://a:9093] }', 'unknown key exporters.alertmanager.url; did you mean urls?'],
    ['{}', 'exporters.alertmanager.urls is missing'],
    ['{ urls: [] }', 'exporters.alertmanager.urls: got 0, expected at least one URL'],
    ['{ urls: [alertmanager:9093] }', 'exporters.alertmanager.urls.0: got "alertmanager:9093", expected a URL, http://alertmanager:9093'],
    ['{ urls: ["http://me:secret@a:9093"] }', 'expected a URL without name and password: they belong into basicAuth'],
    ['{ urls: [http://a], basicAuth: { user: x } }', 'unknown key exporters.alertmanager.basicAuth.user; known keys: username, passwordFile'],
    ['{ urls: [http://a], basicAuth: { username: x } }', 'exporters.alertmanager.basicAuth.passwordFile is missing'],
    ['{ urls: [http://a], bearerTokenFile: token }', 'exporters.alertmanager.bearerTokenFile: got "token", expected the absolute path of a file'],
    ['{ urls: [http://a], caFile: /ca.pem }', 'expected https URLs, where there is a caFile'],
    ['{ urls: [http://a], bearerTokenFile: /t, basicAuth: { username: x, passwordFile: /p } }', 'expected basicAuth or bearerTokenFile, not both'],
    ['{ urls: [http://a], labels: { node: x } }', 'expected a label other than alertname, rule, severity, node, node_group, subject, uuid, which an alert has'],
    ['{ urls: [http://a], labels: { my-cluster: x } }', 'expected a label name of letters, digits and _'],
    ['{ urls: [http://a], refreshSeconds: 0 }', 'exporters.alertmanager.refreshSeconds: got 0, expected a second or more'],
  ])('%s', (text, message) => {
    const parse = () => parseConfig(`exporters:\n  alertmanager: ${text}\n`, 'railmedic.yaml', []);
    expect(parse).toThrow(/^railmedic\.yaml:2: /);
    expect(parse).toThrow(message);
  });

  test('an exporter that there is not', () => {
    expect(() => parseConfig('exporters:\n  alertmanger: {}\n', 'railmedic.yaml', [])).toThrow(
      'railmedic.yaml:2: unknown key exporters.alertmanger; did you mean alertmanager?',
    );
  });
});
