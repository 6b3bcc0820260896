import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A path below /latest/meta-data/ and what is answered: a body, a status, or whatever the function does. */
export type ImdsAnswers = Record<string, string | number | ((response: ServerResponse) => void)>;

/** An instance metadata service on 127.0.0.1 that insists on a token, as version 2 does. */
export interface FakeImds extends AsyncDisposable {
  readonly url: string;
  readonly answers: ImdsAnswers;
  /** `GET instance-id`, `PUT token`, in the order in which they came. */
  readonly asked: string[];
  /** The token that GETs must carry; another one makes those given out before worthless. */
  token: string;
  /** Takes the place of the answer to the token. */
  onToken: ((response: ServerResponse) => void) | undefined;
}

const PREFIX = '/latest/meta-data/';

export async function fakeImds(answers: ImdsAnswers): Promise<FakeImds> {
  const server = createServer((request, response) => answer(imds, request, response));
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  const imds: FakeImds = {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    answers,
    asked: [],
    token: 'AQAEA-first==',
    onToken: undefined,
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
  return imds;
}

function answer(imds: FakeImds, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  if (request.method === 'PUT' && path === '/latest/api/token') {
    imds.asked.push('PUT token');
    const ttl = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
    if (imds.onToken) imds.onToken(response);
    else response.writeHead(ttl >= 1 && ttl <= 21_600 ? 200 : 400).end(imds.token);
    return;
  }
  imds.asked.push(`GET ${path.slice(PREFIX.length)}`);
  const found = imds.answers[path.slice(PREFIX.length)] ?? 404;
  if (request.headers['x-aws-ec2-metadata-token'] !== imds.token) response.writeHead(401).end();
  else if (typeof found === 'function') found(response);
  else if (typeof found === 'number') response.writeHead(found).end('<html>error</html>');
  else response.end(found);
}

export const PRIMARY = '02:df:00:00:00:01';
export const EFA_ONLY = '02:df:00:00:00:02';

/** A p5 with its primary interface and one EFA-only interface on card 1, in a VPC of two blocks. */
export function p5Answers(): ImdsAnswers {
  const vpc = { 'vpc-id': 'vpc-0aaa', 'vpc-ipv4-cidr-block': '10.0.0.0/16', 'vpc-ipv4-cidr-blocks': '100.64.0.0/16\n10.0.0.0/16' };
  const subnet = { 'subnet-id': 'subnet-0bbb', 'subnet-ipv4-cidr-block': '10.0.0.0/19', 'security-group-ids': 'sg-0aaa1111\nsg-0bbb2222' };
  const of = (mac: string, facts: Record<string, string>): ImdsAnswers =>
    Object.fromEntries(Object.entries({ ...vpc, ...subnet, ...facts }).map(([key, body]) => [`network/interfaces/macs/${mac}/${key}`, body]));
  return {
    'instance-id': 'i-0123456789abcdef0',
    'instance-type': 'p5.48xlarge',
    'placement/availability-zone': 'us-east-1a',
    'placement/availability-zone-id': 'use1-az4',
    mac: PRIMARY,
    'network/interfaces/macs/': `${PRIMARY}/\n${EFA_ONLY}/`,
    ...of(PRIMARY, { 'device-number': '0', 'network-card': '0', 'interface-id': 'eni-01', 'local-ipv4s': '10.0.3.7\n10.0.3.8' }),
    ...of(EFA_ONLY, { 'device-number': '1', 'network-card-index': '1', 'interface-id': 'eni-02' }),
  };
}
