import { describe, expect, test } from 'vitest';
import { Absent } from '../../agent/collector.ts';
import { imdsCollector } from '../../agent/collectors/imds.ts';
import { openHost } from '../../agent/host.ts';
import type { Imds } from '../../agent/model.ts';
import { EFA_ONLY, fakeImds, p5Answers, PRIMARY } from './fake-imds.ts';
import { running } from './node-tree.ts';

const host = openHost('/');
const MACS = 'network/interfaces/macs/';
const look = (url: string): Promise<Imds> => imdsCollector({ url }).collect(host, running);
const SHARED = {
  subnetId: 'subnet-0bbb',
  subnetCidrBlock: '10.0.0.0/19',
  vpcId: 'vpc-0aaa',
  vpcCidrBlocks: ['10.0.0.0/16', '100.64.0.0/16'],
  securityGroupIds: ['sg-0aaa1111', 'sg-0bbb2222'],
};

describe('what IMDS tells', () => {
  test('everything of a p5, its EFA-only interface without addresses', async () => {
    await using imds = await fakeImds(p5Answers());
    expect(await look(`${imds.url}/`)).toEqual({
      instanceId: 'i-0123456789abcdef0',
      instanceType: 'p5.48xlarge',
      availabilityZone: 'us-east-1a',
      availabilityZoneId: 'use1-az4',
      placementGroup: undefined,
      mac: PRIMARY,
      interfaces: [
        { mac: PRIMARY, interfaceId: 'eni-01', deviceNumber: 0, networkCard: 0, ...SHARED, localIpv4s: ['10.0.3.7', '10.0.3.8'] },
        { mac: EFA_ONLY, interfaceId: 'eni-02', deviceNumber: 1, networkCard: 1, ...SHARED, localIpv4s: [] },
      ],
      interruptions: [],
    });
    expect(imds.asked.filter((path) => path.endsWith('vpc-ipv4-cidr-blocks'))).toEqual([`GET ${MACS}${PRIMARY}/vpc-ipv4-cidr-blocks`]);
  });

  test('nothing, where it knows nothing', async () => {
    await using imds = await fakeImds({});
    expect(await look(imds.url)).toEqual({
      instanceId: undefined,
      instanceType: undefined,
      availabilityZone: undefined,
      availabilityZoneId: undefined,
      placementGroup: undefined,
      mac: undefined,
      interfaces: [],
      interruptions: [],
    });
  });

  test('announced interruptions, at every look; 404 takes one back, an error does not', async () => {
    await using imds = await fakeImds(p5Answers());
    const collector = imdsCollector({ url: imds.url });
    const kinds = async (): Promise<unknown> => (await collector.collect(host, running)).interruptions.map(({ kind }) => kind);
    expect(await kinds()).toEqual([]);
    imds.answers['spot/instance-action'] = '{"action": "terminate", "time": "2026-09-18T08:22:00Z"}';
    imds.answers['events/recommendations/rebalance'] = '{"noticeTime": "2026-09-18T08:00:00Z"}';
    imds.answers['events/maintenance/scheduled'] = '[{"Code": "system-reboot", "State": "active"}]';
    const all = ['spot-interruption', 'rebalance-recommendation', 'scheduled-event'];
    expect(await kinds()).toEqual(all);
    imds.answers['spot/instance-action'] = 500;
    imds.answers['events/maintenance/scheduled'] = (response) => response.destroy();
    expect(await kinds()).toEqual(all);
    imds.answers['spot/instance-action'] = 404;
    expect(await kinds()).toEqual(all.slice(1));
  });

  test('the rest again at every tenth look', async () => {
    await using imds = await fakeImds(p5Answers());
    const collector = imdsCollector({ url: imds.url });
    for (let looks = 0; looks < 11; looks += 1) {
      await collector.collect(host, running);
      imds.answers[`${MACS}${PRIMARY}/security-group-ids`] = 'sg-0changed';
    }
    expect(imds.asked.filter((path) => path === 'GET instance-id')).toHaveLength(2);
    expect(imds.asked.filter((path) => path === 'PUT token')).toHaveLength(1);
    const { interfaces } = await collector.collect(host, running);
    expect(interfaces[0]?.securityGroupIds).toEqual(['sg-0changed']);
  });
});

describe('the token', () => {
  test('is asked for again when it is refused', async () => {
    await using imds = await fakeImds(p5Answers());
    const collector = imdsCollector({ url: imds.url });
    await collector.collect(host, running);
    imds.token = 'AQAEA-second==';
    imds.answers['spot/instance-action'] = '{"action": "stop"}';
    expect((await collector.collect(host, running)).interruptions).toMatchObject([{ action: 'stop' }]);
    expect(imds.asked.filter((path) => path === 'PUT token')).toHaveLength(2);
  });

  test('is asked for again once a look', async () => {
    await using imds = await fakeImds(p5Answers());
    imds.onToken = (response) => response.end('worthless');
    await expect(look(imds.url)).rejects.toThrow(`cannot use IMDS's answer to ${MACS}: got HTTP 401, expected 200 or 404`);
    expect(imds.asked.filter((path) => path === 'PUT token')).toHaveLength(1);
  });

  test.each([
    [404, '<html>Not Found</html>', 'got HTTP 404 "<html>Not Found</html>"'],
    [403, '', 'got HTTP 403 ""'],
    [500, 'oops', 'got HTTP 500 "oops"'],
    [200, '', 'got HTTP 200 ""'],
    [200, '<html>', 'got HTTP 200 "<html>"'],
    [200, 'bad\r\nHeader: x', String.raw`got HTTP 200 "bad\r\nHeader: x"`],
  ])('HTTP %i %j says what was found', async (status, body, found) => {
    await using imds = await fakeImds(p5Answers());
    imds.onToken = (response) => response.writeHead(status).end(body);
    await expect(look(imds.url)).rejects.toThrow(
      `cannot get an IMDSv2 token from ${imds.url}/latest/api/token: ${found}, expected 200 and a token of one word`,
    );
  });

  test('a closed connection says so', async () => {
    await using imds = await fakeImds(p5Answers());
    imds.onToken = (response) => response.destroy();
    await expect(look(imds.url)).rejects.toThrow(`IMDS did not answer ${imds.url}/latest/api/token: ECONNRESET`);
  });

  test('nobody listens', async () => {
    const imds = await fakeImds({});
    await imds[Symbol.asyncDispose]();
    await expect(look(imds.url)).rejects.toThrow(`IMDS did not answer ${imds.url}/latest/api/token: ECONNREFUSED`);
  });
});

describe('bad answers', () => {
  const SILENT = 'IMDS did not answer within 1 s: VPC blocks and security groups are unknown';

  test('no answer at all is an error that says what is unknown and what may help', async () => {
    await using imds = await fakeImds(p5Answers());
    imds.onToken = () => {};
    await expect(look(imds.url)).rejects.toThrow(
      `${SILENT} (asked ${imds.url}; where its hop limit is 1 it answers only processes on the host network: hostNetwork: true)`,
    );
  });

  test('one answer that does not come costs the look, not more', async () => {
    await using imds = await fakeImds(p5Answers());
    imds.answers[`${MACS}${EFA_ONLY}/subnet-id`] = () => {};
    await expect(look(imds.url)).rejects.toThrow(SILENT);
  });

  test.each([
    ['HTTP 500', 500],
    ['HTML', '<html><body>hello</body></html>'],
    ['a huge body', 'x'.repeat(1 << 20)],
    ['nothing', ''],
  ])('%s to single facts costs those facts', async (_, body) => {
    await using imds = await fakeImds(p5Answers());
    for (const path of ['instance-type', 'mac', 'placement/group-name', `${MACS}${PRIMARY}/vpc-ipv4-cidr-blocks`, `${MACS}${EFA_ONLY}/device-number`]) {
      imds.answers[path] = body;
    }
    const value = await look(imds.url);
    expect(value).toMatchObject({ instanceId: 'i-0123456789abcdef0', instanceType: undefined, mac: undefined, placementGroup: undefined });
    expect(value.interfaces).toMatchObject([
      { vpcCidrBlocks: ['10.0.0.0/16'], deviceNumber: 0, securityGroupIds: ['sg-0aaa1111', 'sg-0bbb2222'] },
      { vpcCidrBlocks: ['10.0.0.0/16'], deviceNumber: undefined, securityGroupIds: ['sg-0aaa1111', 'sg-0bbb2222'] },
    ]);
  });

  test('an interface whose addresses are refused is not taken for EFA-only', async () => {
    await using imds = await fakeImds(p5Answers());
    const path = `${MACS}${PRIMARY}/local-ipv4s`;
    imds.answers[path] = 500;
    await expect(look(imds.url)).rejects.toThrow(`cannot use IMDS's answer to ${path}: got HTTP 500, expected 200 or 404`);
    imds.answers[path] = '<html>';
    await expect(look(imds.url)).rejects.toThrow(`cannot parse IMDS's answer to ${path}: got "<html>", expected IPv4 addresses`);
  });

  test('after an error the next look asks anew', async () => {
    await using imds = await fakeImds({ ...p5Answers(), [MACS]: 500 });
    const collector = imdsCollector({ url: imds.url });
    await expect(collector.collect(host, running)).rejects.toThrow('got HTTP 500');
    imds.answers[MACS] = `${PRIMARY}/`;
    expect((await collector.collect(host, running)).interfaces).toMatchObject([{ mac: PRIMARY, interfaceId: 'eni-01' }]);
  });

  test('--no-imds', async () => {
    await expect(imdsCollector({ url: undefined }).collect(host, running)).rejects.toThrow(new Absent('--no-imds was given'));
  });
});
