import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kubeconfigText, makeAccount, projectAccount, tokenFor } from '../accounts.ts';
import { NODE } from '../cluster.ts';
import { podObject } from '../objects.ts';
import { countsOf, requestsOf } from '../requests.ts';
import type { Stage } from '../stage.ts';

const BUNDLE = resolve(import.meta.dirname, '../../../../dist/railmedic.js');
const TYPE = 'node.kubernetes.io/instance-type';

interface Audit {
  readonly status: number;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly found: string; readonly details?: readonly string[] }[];
  readonly findings: readonly { readonly rule: string; readonly subject: string }[];
}

/** `preflight --cluster` by a person with the person's role, then by somebody who may see almost nothing. */
export async function audit(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  await cluster.kubectl('label', 'node', NODE, `${TYPE}=p5.48xlarge`);
  await cluster.apply([claim(), deployment()]);
  await checks.within(20, async () => ((await cluster.kubectl('get', 'pods', '-l', 'app=audited', '-o', 'name')).includes('pod/') ? true : undefined));

  const seen = await audited(stage, 'person', 'railmedic-person');
  checks.equals('audit: the exit status is that of something critical', seen.status, 2);
  checks.equals('audit: all that could be listed was', statusOf(seen, 'objects-listed'), 'ok');
  const plugin = seen.checks.find(({ name }) => name === 'nvidia-device-plugin');
  checks.equals('audit: the p5.48xlarge that offers no GPU is named', [plugin?.status, plugin?.details], ['failed', [`${NODE} (p5.48xlarge)`]]);
  const claims = seen.checks.find(({ name }) => name === 'claims-bound');
  checks.holds('audit: a claim that nothing binds is named', claims?.status === 'failed' && JSON.stringify(claims).includes('audited-weights'), claims);
  const about = seen.findings.filter(({ subject }) => subject.includes('audited')).map(({ rule, subject }) => `${rule} ${subject}`);
  checks.holds('audit: the Deployment is judged, by the rules of manifests', about.some((name) => name.includes('Deployment/default/audited')), about);
  checks.equals('audit: each finding of the workload is told of its owner, not of its pods', about.filter((name) => name.includes('Pod/') || name.includes('ReplicaSet/')), []);
  const asked = requestsOf(cluster, 'railmedic-audit-person');
  checks.equals('audit: it reads only', Object.keys(countsOf(asked)).filter((kind) => !/^(?:get|list) /.test(kind)), []);
  checks.equals('audit: the role of a person is enough', asked.filter(({ responseStatus }) => responseStatus?.code === 403).map(({ requestURI }) => requestURI), []);

  const blind = await audited(stage, 'blind', 'railmedic-agent');
  checks.equals('audit: who may list no DaemonSets is not told that all is well', [statusOf(blind, 'objects-listed'), statusOf(blind, 'efa-device-plugin')], ['unknown', 'unknown']);
  await cluster.kubectl('delete', 'deployment/audited', 'pvc/audited-weights', '--wait=false');
  await cluster.kubectl('label', 'node', NODE, `${TYPE}-`);
}

function statusOf({ checks }: Audit, name: string): string | undefined {
  return checks.find((check) => check.name === name)?.status;
}

async function audited({ cluster, directory }: Stage, name: string, role: 'railmedic-agent' | 'railmedic-person'): Promise<Audit> {
  const account = `railmedic-audit-${name}`;
  await makeAccount(cluster, account, role);
  const files = projectAccount(cluster, join(directory, name), await tokenFor(cluster, account));
  const kubeconfig = join(directory, `kubeconfig-${name}`);
  writeFileSync(kubeconfig, kubeconfigText(files));
  const { status, said } = await ended([BUNDLE, 'preflight', '--cluster', '--kubeconfig', kubeconfig, '--json']);
  const report = JSON.parse(said) as { readonly cluster: Pick<Audit, 'checks'> } & Pick<Audit, 'findings'>;
  return { status, checks: report.cluster.checks, findings: report.findings };
}

function ended(args: readonly string[]): Promise<{ readonly status: number; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { maxBuffer: 64 << 20 }, (error, said, complaint) => {
      if (child.exitCode === null || child.exitCode > 2) reject(new Error(`preflight --cluster ended with ${child.exitCode}: ${complaint}`, { cause: error }));
      else resolve({ status: child.exitCode, said });
    });
  });
}

/** Of a class that no provisioner serves. */
function claim(): object {
  const spec = { accessModes: ['ReadWriteMany'], storageClassName: 'fsx', resources: { requests: { storage: '1Gi' } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'audited-weights', namespace: 'default' }, spec };
}

/** As many write it: eight GPUs, no EFA, no room in /dev/shm. */
function deployment(): object {
  const pod = podObject('audited', { 'nvidia.com/gpu': '8' }) as { readonly spec: { readonly containers: readonly object[] } };
  const [container] = pod.spec.containers;
  const volumes = [{ name: 'weights', persistentVolumeClaim: { claimName: 'audited-weights' } }];
  const spec = { ...pod.spec, containers: [{ ...container, image: 'vllm/vllm-openai:latest', args: ['--model', 'Qwen/Qwen2.5-7B', '--tensor-parallel-size', '8'], volumeMounts: [{ name: 'weights', mountPath: '/models' }] }], volumes };
  const labels = { app: 'audited' };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'audited', namespace: 'default' }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } } };
}
