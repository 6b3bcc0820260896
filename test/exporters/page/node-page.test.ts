import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { PAGE_POLICY, renderPage, renderWaitingPage } from '../../../exporters/page/node-page.ts';
import { calmReport, device, finding, HOSTILE, infiniband, ok, port, report, snapshot, source } from '../fixture.ts';
import { gpu, H200, query, spinning, uuid, xid, xids } from '../gpu-fixture.ts';

const HOSTILE_HTML = 'a&quot;b\\c\\u000ad&lt;img src=x&gt;\\u001b[31me\\u009b2J\\u202ef';
const body = (page: string): string => page.slice(page.indexOf('<body>'));

test('the page of a node with a fault', () => {
  expect(body(renderPage(report(), '0.1.0'))).toBe(`<body>
<header>
<h1>ip-10-0-3-7</h1>
<p>p4d.24xlarge, watched 10 s, last look 2026-11-23T20:01:05Z</p>
<span class="verdict critical">CRITICAL</span>
</header>
<article class="critical">
<h3><b>CRITICAL</b> <span>A fabric port sends and receives nothing</span> <code>FabricOneWayTraffic</code></h3>
<p>every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 (none has ever received one since its counters began)</p>
<ul><li>rdmap16s0/1 sent 18 204, received 0 (never received one since its counters began)</li><li>rdmap17s0/1 sent 18 190, received 0 (never received one since its counters began)</li></ul>
<p><b>likely:</b> the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA</p><div class="soft">check</div><pre>aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c</pre><div class="soft">fix</div><pre>aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c</pre><details><summary>2. possible: the security group sg-0aaa1111bbbb2222c has no ingress rule from itself</summary><div class="soft">fix</div><pre>aws ec2 authorize-security-group-ingress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c</pre></details><p class="soft">3. possible: the peers are gone</p>
<p class="soft">since 2026-11-23T20:01:00Z &middot; railmedic explain FabricOneWayTraffic &middot; rules/fabric/one-way-traffic.md</p>
</article>

<h2>Not seen</h2><ul><li><b>imds</b>: IMDS did not answer within 1 s</li></ul>

<h2>Fabric devices</h2>
<div class="scroll"><table>
<tr><th>port</th><th>driver</th><th>state</th><th>rate</th><th class="number">packets sent</th><th class="number">packets received</th></tr>
<tr><td>rdmap16s0/1</td><td>EFA</td><td></td><td>100 Gb/sec (4X EDR)</td>
<td class="number">18 204</td><td class="number">0</td></tr>
<tr><td>rdmap17s0/1</td><td>EFA</td><td></td><td>100 Gb/sec (4X EDR)</td>
<td class="number">18 190</td><td class="number">0</td></tr>

</table></div>

<h2>Sources</h2>
<div class="scroll"><table><tr><th>source</th><th>status</th><th class="number">took</th><th>why</th></tr>
<tr><td>infiniband</td><td class="ok">ok</td>
<td class="number">2.0 ms</td><td class="why"></td></tr>
<tr><td>imds</td><td class="critical">failed</td>
<td class="number">1000.0 ms</td><td class="why">IMDS did not answer within 1 s</td></tr>
<tr><td>nvidia-query</td><td class="soft">absent</td>
<td class="number">2.0 ms</td><td class="why">no NVIDIA function on PCI</td></tr>
</table></div>
<footer>railmedic 0.1.0 &middot; 24 rules looked &middot; <a href="/api/v1/report">report as JSON</a> &middot; <a href="/metrics">metrics</a></footer>
</body>
</html>
`);
});

test('a healthy node, one that could not be seen whole, and other findings', () => {
  expect(renderPage(calmReport(), '0.1.0')).toContain('<p>Nothing is wrong that 24 rules can see.</p>');
  expect(renderPage(report({ findings: [] }), '0.1.0')).toContain('<p>No fault found, but not everything could be seen.</p>');
  const findings = [
    finding({ shadow: true }),
    finding({ suppressed: 'known' }),
    finding({ state: 'resolved' }),
    finding({ subject: 'rdmap17s0/1', count: 2 }),
    finding({ subject: 'rdmap18s0/1' }),
  ];
  const page = renderPage(calmReport({ findings }), '0.1.0');
  expect(page.match(/<article/g)).toHaveLength(1);
  expect(page).toContain('<p><b>rdmap17s0/1</b> dropped 18 204 received packets in 10 s (1 820 a second, limit 100) (seen 2 times)</p>');
  expect(page).toContain(
    '<ul class="soft"><li>resolved 2026-11-23T20:01:00Z: <b>FabricReceiveDrops</b> on rdmap16s0/1</li>' +
      '<li>suppressed: <b>FabricReceiveDrops</b> on rdmap16s0/1 (known)</li>',
  );
});

test('what a fault explains is folded inside it', () => {
  const drops = finding({ explains: [spinning] });
  const page = renderPage(calmReport({ findings: [drops, { ...spinning, explainedBy: [drops] }] }), '0.1.0');
  expect(page.slice(page.indexOf('<article'), page.indexOf('</article>'))).toBe(`<article class="warning">
<h3><b>WARNING</b> <span>Fabric port drops received packets</span> <code>FabricReceiveDrops</code></h3>
<p><b>rdmap16s0/1</b> dropped 18 204 received packets in 10 s (1 820 a second, limit 100)</p>


<details><summary><b>concerns:</b> GpuSpinning, because of this: 8 of 8 GPUs spin: SM 100 %, memory 0 %, 125 to 140 W of 700 W, PCIe at most 3 MB/s (mean of 5 samples)</summary>
<p>8 of 8 GPUs spin: SM 100 %, memory 0 %, 125 to 140 W of 700 W, PCIe at most 3 MB/s (mean of 5 samples)</p>
<ul>${[0, 1, 2, 3, 4, 5, 6, 7].map((index) => `<li>GPU ${index} spins: SM 100 %</li>`).join('')}</ul>
<p><b>likely:</b> a collective waits for a rank</p><div class="soft">check</div><pre>py-spy dump --pid &quot;$PID&quot;</pre>
<p class="soft">since 2026-11-23T20:01:00Z &middot; railmedic explain GpuSpinning &middot; rules/gpu/gpu-spinning.md</p>
</details>
<p class="soft">since 2026-11-23T20:01:00Z &middot; railmedic explain FabricReceiveDrops &middot; rules/fabric/receive-drops.md</p>
`);
  expect(renderPage(calmReport({ findings: [spinning] }), '0.1.0')).toContain('<code>GpuSpinning</code></h3>');
});

test('places that share a fault share its fold, and a second story only names it', () => {
  const link = (subject: string) => ({ rule: 'GpuXid', subject });
  const drops = finding({ explains: [link('GPU-<1>'), link('GPU-2')] });
  const other = finding({ rule: 'Other', explains: [link('GPU-2')] });
  const xid = (subject: string) => finding({ ...link(subject), message: 'Xid 79', explainedBy: [drops, other] });
  const page = renderPage(calmReport({ findings: [drops, other, xid('GPU-<1>'), xid('GPU-2')] }), '0.1.0');
  expect(page.match(/<article/g)).toHaveLength(2);
  expect(page).toContain('<summary><b>concerns:</b> GpuXid, because of this: GPU-&lt;1&gt;: Xid 79, and GpuXid on GPU-2</summary>');
  expect(page).toContain('<p><b>concerns:</b> GpuXid on GPU-2 as well</p>');
});

test('GPUs, with what is known of each', () => {
  const gpus = [gpu(0, H200), gpu(1, { name: HOSTILE, 'temperature.gpu': '[Unknown Error]', 'utilization.gpu': '[N/A]' }), gpu(2)];
  const value = { driverVersion: '580.159.04', gpus, vanished: [uuid(3)] };
  const log = xids(xid(0, 31, 1, '2026-11-23T19:00:00.000Z'), xid(0, 43, 2), xid(1, 79, 1));
  const page = renderPage(calmReport({ snapshot: snapshot({ 'nvidia-query': ok(value), 'kernel-log': log }) }), '0.1.0');
  const table = page.slice(page.indexOf('<h2>GPUs'), page.indexOf('</table>'));
  expect(table).toBe(`<h2>GPUs</h2>
<div class="scroll"><table>
<tr><th>GPU</th><th>name</th><th>UUID</th><th class="number">busy</th><th class="number">memory</th><th class="number">power</th><th class="number">temperature</th><th>last Xid</th></tr>
<tr><td>0</td><td>NVIDIA H200</td><td>${uuid(0)}</td>
<td class="number">100 %</td><td class="number">31.6 of 140.4 GiB</td>
<td class="number">627 of 650 W</td><td class="number">52 °C</td>
<td>43 at 2026-11-23T20:00:30Z, 2 lines</td></tr>
<tr><td>1</td><td>${HOSTILE_HTML}</td><td>${uuid(1)}</td>
<td class="number">–</td><td class="number">–</td>
<td class="number">–</td><td class="number">–</td>
<td>79 at 2026-11-23T20:00:30Z</td></tr>
<tr><td>2</td><td></td><td>${uuid(2)}</td>
<td class="number">–</td><td class="number">–</td>
<td class="number">–</td><td class="number">–</td>
<td>none</td></tr>
<tr><td>–</td><td></td><td>${uuid(3)}</td><td colspan="5">nvidia-smi does not list it any more</td></tr>

`);
  const blind = renderPage(calmReport({ snapshot: snapshot({ 'nvidia-query': query(gpu(2)) }) }), '0.1.0');
  expect(blind).toContain('<td>–</td></tr>');
  for (const reading of [query(), { status: 'failed', error: new Error('x') } as const]) {
    expect(renderPage(calmReport({ snapshot: snapshot({ 'nvidia-query': reading }) }), '0.1.0')).not.toContain('GPUs');
  }
});

test('devices without a port, without packets, without an answer', () => {
  const devices = [
    device('rdmap1s0', { silence: 'asked 12 s ago' }),
    device('rdmap2s0'),
    device('mlx5_0', { isEfa: false, driver: 'mlx5_core', ports: [port('mlx5_0', { state: '1: DOWN' })] }),
  ];
  const page = renderPage(calmReport({ snapshot: snapshot({ infiniband: infiniband(...devices) }) }), '0.1.0');
  expect(page).toContain('<td>rdmap1s0</td><td>EFA</td><td colspan="4">does not answer: asked 12 s ago</td>');
  expect(page).toContain('<td>rdmap2s0</td><td>EFA</td><td colspan="4">no port</td>');
  expect(page).toContain(
    '<td>mlx5_0/1</td><td>mlx5_core</td><td>1: DOWN</td><td>100 Gb/sec (4X EDR)</td>\n<td class="number">–</td><td class="number">–</td>',
  );
  expect(renderPage(calmReport({ snapshot: snapshot({}) }), '0.1.0')).not.toContain('Fabric devices');
});

test('hostile text is text', () => {
  const cause = { cause: 'c', likelihood: 'likely', why: HOSTILE, check: [HOSTILE], fix: [HOSTILE] } as const;
  const one = finding({ subject: HOSTILE, title: HOSTILE, message: HOSTILE, evidence: { x: [HOSTILE, 'other'] }, causes: [cause, cause] });
  const findings = [one, { ...one, shadow: true }, { ...one, suppressed: HOSTILE }, { ...one, state: 'unknown' as const }];
  const devices = [device(HOSTILE, { isEfa: false, driver: HOSTILE, ports: [port(HOSTILE, { state: HOSTILE, rate: HOSTILE })] })];
  const page = renderPage(
    report({
      node: HOSTILE,
      instanceType: HOSTILE,
      findings,
      sources: [source('imds', { status: 'failed', why: HOSTILE })],
      snapshot: snapshot({ infiniband: infiniband(...devices) }),
    }),
    HOSTILE,
  );
  expect(page).not.toContain('<img');
  expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(page).toContain(`<pre>${HOSTILE_HTML}</pre>`);
  expect(page).toContain(`<title>WARNING ${HOSTILE_HTML} railmedic</title>`);
});

test('the policy lets exactly this style sheet apply', () => {
  for (const page of [renderPage(report(), '0.1.0'), renderWaitingPage('0.1.0')]) {
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(PAGE_POLICY).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`);
    expect(page).not.toMatch(/<script|<link|<img| style=| on\w+=|https?:/);
  }
});
