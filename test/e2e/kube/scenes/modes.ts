import { Installation } from '../installation.ts';
import type { Stage } from '../stage.ts';

/** The two other modes on the same node: each becomes ready, and sees what is promised of it and no more. */
export async function modes(stage: Stage): Promise<void> {
  const installation = await Installation.of(stage);
  await mode(stage, installation, 'restricted', { infiniband: 'ok', host: 'ok', pods: 'ok', 'kernel-log': 'failed', 'pod-resources': 'absent' });
  await mode(stage, installation, 'privileged', { host: 'ok', pods: 'ok', 'kernel-log': 'ok', 'pod-resources': 'ok' });
}

async function mode(stage: Stage, installation: Installation, name: 'restricted' | 'privileged', expected: Readonly<Record<string, string>>): Promise<void> {
  const { checks } = stage;
  await installation.apply(name);
  const pod = await installation.readyPod();
  if (!checks.holds(`${name}: ready`, pod !== undefined, (await installation.pod())?.status)) return;
  checks.equals(`${name}: one container`, pod?.status.containerStatuses?.length, 1);
  const { sources } = await installation.report(`http://${pod?.status.podIP}:9477`);
  checks.say(`      ${sources.map(({ name: source, status, why }) => `${source} ${status}${status === 'ok' ? '' : ` (${why})`}`).join('; ')}`);
  const found = Object.fromEntries(Object.keys(expected).map((source) => [source, sources.find((one) => one.name === source)?.status]));
  checks.equals(`${name}: sees what is promised of it`, found, expected);
  const root = await installation.inside('railmedic', "try{require('fs').writeFileSync('/x','')}catch(e){console.log(e.code)}; console.log(process.getuid())");
  checks.equals(`${name}: cannot write its root; its user`, root.split('\n'), ['EROFS', name === 'restricted' ? '65532' : '0']);
}
