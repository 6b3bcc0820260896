import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { preflight, type PreflightOptions } from '../../agent/commands/preflight.ts';
import { DEFAULT_CONFIG } from '../../agent/config.ts';
import type { ChecklistItem, ClusterCheck, Manifests } from '../../agent/model.ts';
import { audit } from '../../agent/preflight/audit.ts';
import { CHECKLIST } from '../../agent/preflight/checklist.ts';
import { judgeChecklist } from '../../agent/preflight/judge-checklist.ts';
import { MANIFEST_RULES, NODE_RULES } from '../../rules/index.ts';
import { GUIDE_SERVER, GUIDE_TRAINING } from '../rules/manifest/guide-workloads.ts';
import { manifests, pod } from '../rules/manifest/manifests.ts';

const NAMES = MANIFEST_RULES.map(({ name }) => name);
const judged = (read: Manifests, asked = NAMES): readonly ChecklistItem[] => judgeChecklist(audit(read, DEFAULT_CONFIG, MANIFEST_RULES, new Date(0)), asked);
const status = (items: readonly ChecklistItem[]): readonly string[] => items.map(({ status: told, text }) => `${told}: ${text}`);
const item = (items: readonly ChecklistItem[], text: string): ChecklistItem | undefined => items.find((candidate) => candidate.text.includes(text));

describe('the data', () => {
  test('has the twenty lines of the guide, in its order', () => {
    expect(Map.groupBy(CHECKLIST, ({ section }) => section).entries().map(([section, entries]) => `${section} ${entries.length}`).toArray()).toEqual(['Infrastructure 6', 'Model serving 5', 'GRPO training 5', 'Monitoring 4']);
  });

  test.each(CHECKLIST.map((entry) => [entry.text, entry] as const))('%s: names rules that exist, or who else can tell', (_, { rules, nodeRules, elsewhere, checks }) => {
    expect(NAMES).toEqual(expect.arrayContaining([...rules]));
    expect(NODE_RULES.map(({ name }) => name)).toEqual(expect.arrayContaining([...nodeRules]));
    expect(rules.length > 0, 'rules decide it, or somebody else does, never both').toBe(elsewhere === undefined);
    expect(checks.every((name) => /^[a-z-]+$/.test(name))).toBe(true);
  });
});

test("the guide's own workloads against its own checklist", () => {
  expect(status(judged(manifests(`${GUIDE_TRAINING}---${GUIDE_SERVER}`)))).toEqual([
    'hidden: GPU nodes have the EFA device plugin',
    'hidden: Security groups let everything out to and in from themselves',
    'hidden: Nodes lie in the primary CIDR block of their VPC',
    'hidden: The shared volume (FSx for Lustre) is provisioned and reachable from all nodes',
    'passed: hostNetwork: true for workloads over several nodes',
    'passed: /dev/shm is memory, 128 GiB or more for training',
    'passed: gpu_memory_utilization is tuned for the model and its load',
    'failed: Startup, readiness and liveness probes',
    'passed: Model weights are cached on the shared volume',
    'hidden: Autoscaling bounds match the traffic',
    'hidden: distributed_executor_backend "mp" for tensor parallelism in Ray Serve',
    'failed: NCCL timeouts of 7200 s',
    'failed: The master file is unique to the job, or cleaned between runs',
    'passed: Checkpoints lie on the shared volume',
    'passed: gpu_memory_utilization of 0.5 to 0.7 where vLLM and trainer share GPUs',
    'passed: LoRA on smaller GPUs',
    'hidden: The Ray dashboard can be reached',
    'hidden: GPU use and memory are watched',
    'hidden: Training metrics are logged (W&B, TensorBoard, MLflow)',
    'hidden: Alerts for restarts, OOM kills and GPU errors',
  ]);
});

describe('a line', () => {
  test('of which a rule only informs is to be looked at, and has not failed', () => {
    const bare = GUIDE_TRAINING.replace(/\n *hostNetwork: true/, '').replace('hostNetwork: true, ', '');
    const found = item(judged(manifests(bare)), 'hostNetwork: true for workloads');
    expect(found).toMatchObject({ status: 'look', why: expect.stringContaining('if it is on purpose, nothing is wrong') });
  });

  test('that failed says what and where; of its own kind of workload only', () => {
    const training = 'image: a:1\ncommand: [bash, -c, "python examples/run_grpo.py policy.generation.vllm_cfg.gpu_memory_utilization=0.9"]\nresources: { limits: { nvidia.com/gpu: 8 } }';
    const items = judged(manifests(`${pod(training)}\n---\n${GUIDE_SERVER}`));
    expect(item(items, '0.5 to 0.7')).toMatchObject({ status: 'failed', places: ['job.yaml:9'], why: expect.stringMatching(/^container main gives vLLM 90 % /) });
    expect(item(items, 'tuned for the model')?.status).toBe('passed');
  });

  test('cannot be told without a workload that it is for, and when its rule was not asked', () => {
    const items = judged(manifests(GUIDE_SERVER), NAMES.filter((name) => name !== 'WeightsNotCached'));
    expect(item(items, 'LoRA')).toMatchObject({ status: 'hidden', why: 'no GRPO that shares GPUs with vLLM and tells its GPU or its LoRA settings among what was read' });
    expect(item(items, 'weights')).toMatchObject({ status: 'hidden', why: 'WeightsNotCached was not asked' });
  });

  test('passes with what an annotation silences, and says so', () => {
    const text = GUIDE_TRAINING.replace('name: grpo,', 'name: grpo, annotations: { railmedic.io/ignore.MasterFileShared: removed by the queue }, ');
    expect(item(judged(manifests(text)), 'master file')).toMatchObject({ status: 'passed', why: 'no rendezvous file that runs share; 1 silenced, with a reason' });
  });

  test('is told by the cluster where it was asked', () => {
    const check = (name: string, told: ClusterCheck['status']): ClusterCheck => ({ name, title: 'a', status: told, severity: 'critical', found: `${name} ${told}`, details: [], fix: [], rule: undefined });
    const read: Manifests = { ...manifests(GUIDE_TRAINING), cluster: { server: 'https://a', pods: [], checks: [check('efa-device-plugin', 'ok'), check('security-group-egress', 'failed'), check('security-group-ingress', 'ok'), check('node-addresses', 'skipped')] } };
    expect(judged(read).slice(0, 4).map((one) => [one.status, one.why])).toEqual([
      ['passed', 'efa-device-plugin ok'],
      ['failed', 'security-group-egress failed'],
      ['hidden', 'node-addresses skipped'],
      ['hidden', 'railmedic preflight --cluster looks whether the claims are bound; the agent whether the mount answers'],
    ]);
  });
});

describe('railmedic preflight --checklist', () => {
  async function run(options: PreflightOptions): Promise<{ readonly status: number; readonly text: string }> {
    const directory = await mkdtemp(join(tmpdir(), 'checklist-'));
    const file = join(directory, 'grpo.yaml');
    await writeFile(file, GUIDE_TRAINING);
    const printed: string[] = [];
    const terminal = { width: 100, colour: false, print: (text: string) => void printed.push(text), progress: () => {} };
    try {
      return { status: await preflight([file], { checklist: true, ...options }, terminal, Readable.from([])), text: printed.join('').replaceAll(directory, 'DIR') };
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  test('for a person', async () => {
    const { status: exit, text } = await run({});
    expect(exit).toBe(1);
    expect(text).toContain(`
  FAILED    The master file is unique to the job, or cleaned between runs
            container trainer finds rank 0 by /shared/.grpo-master-ip, the same file in every run: a
            worker can read the last run's address before rank 0 has removed it and wait for a host
            that is gone
            DIR/grpo.yaml:23
            decided by MasterFileShared
`);
    expect(text).toMatch(/\n5 passed, 2 failed, 13 cannot be told from here\./);
  });

  test('for a program, beside the findings', async () => {
    const { text } = await run({ json: true });
    const printed = JSON.parse(text) as { readonly checklist: readonly ChecklistItem[]; readonly findings: readonly object[] };
    expect(printed.checklist).toHaveLength(CHECKLIST.length);
    expect(printed.checklist[12]).toMatchObject({ section: 'GRPO training', status: 'failed', rules: ['MasterFileShared'], places: ['DIR/grpo.yaml:23'] });
    expect(printed.findings.length).toBeGreaterThan(0);
  });

  test('what could not be read stands before it', async () => {
    const printed: string[] = [];
    const terminal = { width: 100, colour: false, print: (text: string) => void printed.push(text), progress: () => {} };
    expect(await preflight(['-'], { checklist: true }, terminal, Readable.from(['apiVersion: v1\nkind: Pod\nspec: [a\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\n']))).toBe(2);
    expect(printed.join('')).toMatch(/^railmedic preflight {2}checklist of 1 file, 0 objects, 0 workloads\n\nCRITICAL {2}The file is not YAML .*\n {2}-:3:9 {2}not YAML: [^]*left aside {6}-:5: Thing\/default\/a: [^]*\n\nInfrastructure\n/);
  });

  test('not as SARIF', async () => {
    await expect(run({ sarif: true })).rejects.toThrow('--sarif shows findings, which the checklist sums up; choose one');
  });
});
