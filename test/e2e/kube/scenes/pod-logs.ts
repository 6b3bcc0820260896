import { ACCOUNT } from '../accounts.ts';
import { NODE } from '../cluster.ts';
import type { AgentReport } from '../host-agent.ts';
import { Installation } from '../installation.ts';
import { eventsOf, IMAGE } from '../objects.ts';
import { kindOf, requestsOf } from '../requests.ts';
import type { Stage } from '../stage.ts';

const PODS = '/api/v1/namespaces/default/pods';
const POD = 'out-of-memory';
/** As PyTorch 2.9 says it. */
const SAYS =
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 1.24 GiB is free. ' +
  'Including non-PyTorch memory, this process has 77.86 GiB memory in use. Of the allocated memory 76.50 GiB is allocated by PyTorch, and 512.00 MiB is reserved by PyTorch but unallocated.';
const WANTED = 'PyTorch asked for another 20.00 GiB';

/** What a program died of, from its log, which the kubelet gives to an agent that is set up to read it, and to no other. */
export async function podLogs(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  const installation = await Installation.of(stage);
  await cluster.api.create(PODS, crashing());
  const without = await finding(stage, installation, 'PodCrashLooping');
  checks.holds('pod logs: without the setting a crash loop is told, and not what the program said', without !== undefined && !JSON.stringify(without).includes('Tried to allocate'), without);
  checks.equals('pod logs: and no log is asked for', logRequests(stage), []);

  await installation.apply({ mode: 'default', podLogs: true });
  const told = await finding(stage, installation, 'CudaOutOfMemory');
  checks.holds('pod logs: with it the line that the program left is a finding', told?.state === 'firing' && told.subject.includes(POD) && told.message.includes(WANTED), told ?? (await installation.log()));
  checks.say(`      ${told?.message}`);
  const event = await checks.within(15, async () => (await eventsOf(cluster, NODE)).find(({ reason, regarding }) => reason === 'CudaOutOfMemory' && regarding.kind === 'Pod'));
  checks.holds('pod logs: and an Event on the pod', event?.regarding.name === POD && event.note.includes(WANTED), event);
  const asked = logRequests(stage);
  checks.equals('pod logs: the kubelet gave what was asked for', [...new Set(asked)], ['200']);
  checks.say(`      asked for ${asked.length} time${asked.length === 1 ? '' : 's'}`);
  await cluster.api.remove(`${PODS}/${POD}`, { gracePeriodSeconds: 0 });
}

async function finding({ checks }: Stage, installation: Installation, wanted: string): Promise<AgentReport['findings'][number] | undefined> {
  return checks.within(60, async () => (await installation.report()).findings.find(({ rule, subject, state }) => rule === wanted && state === 'firing' && subject.includes(POD)));
}

/** The statuses of the answers to those who asked for its log. */
function logRequests({ cluster }: Stage): readonly string[] {
  const asked = requestsOf(cluster, ACCOUNT).filter((request) => kindOf(request) === 'get pods/log' && request.requestURI.includes(POD));
  return asked.map(({ responseStatus }) => String(responseStatus?.code));
}

/** Placed by name, and so without a scheduler that would look for a GPU; kubelet takes what its node has no count of. */
function crashing(): object {
  const command = ['node', '-e', 'console.error(process.argv[1]); process.exit(1)', SAYS];
  const container = { name: 'main', image: IMAGE, imagePullPolicy: 'Never', command, resources: { limits: { 'nvidia.com/gpu': '1' } } };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: POD, namespace: 'default' }, spec: { nodeName: NODE, terminationGracePeriodSeconds: 1, containers: [container] } };
}
