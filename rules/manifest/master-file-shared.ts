import type { Container, Judgement, ManifestWorkload, Spot } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt } from './place.ts';
import { lifetimeAt } from './storage.ts';

/** A file by whose name ranks find one another: `.grpo-master-ip`, `head_addr.txt`, `rdzv`. */
const MEETING_FILE = /^\.?(?!.*\.(py|sh|ya?ml|log)$).*((master|head|leader|rank[-_]?0|chief|coordinator)[-_.]?(node)?[-_.]?(ip|addr|address|host|hostname|endpoint|file|url)\b|rdzv|rendezvous)/i;

export const masterFileShared = defineRule({
  name: 'MasterFileShared',
  title: 'Runs share one rendezvous file',
  severity: 'warning',
  page: 'rules/manifest/master-file-shared.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      if (workload.isMultiNode === false) continue;
      const seen = new Set<string>();
      for (const container of workload.pods.flatMap(({ containers }) => containers)) {
        for (const { path, spot } of meetingFiles(workload, container)) {
          if (seen.has(path)) continue;
          seen.add(path);
          yield judge(workload, container, path, spot);
        }
      }
    }
  },
});

interface MeetingFile {
  readonly path: string;
  readonly spot: Spot;
}

/** Paths that are the same in every run and lie where other runs see them; what is only known at run time is none. */
function* meetingFiles({ entrypoint }: ManifestWorkload, container: Container): Iterable<MeetingFile> {
  const variables = container.environment.flatMap((variable) => (variable.value === undefined ? [] : [{ text: variable.value, spot: variable }]));
  const words = [...container.commands, ...entrypoint].flatMap(({ object, path, words: all }) =>
    all.filter(({ isDynamic, text }) => !isDynamic && !/\s/.test(text)).map(({ text, position }) => ({ text, spot: { object, path, position } })),
  );
  for (const { text, spot } of [...variables, ...words]) {
    const path = /^(?:[\w.-]+=)?(?:--?[\w-]+=)?(?:file:\/\/)?(\/[^$`*?]+)$/.exec(text)?.[1];
    if (path === undefined || !MEETING_FILE.test(path.slice(path.lastIndexOf('/') + 1))) continue;
    const lifetime = lifetimeAt(container, path);
    if (lifetime === 'lasting' || lifetime === 'unknown') yield { path, spot };
  }
}

function judge({ object }: ManifestWorkload, container: Container, path: string, spot: Spot): Judgement {
  const isRemoved = container.commands.some(({ words }) => words[0]?.text === 'rm' && words.some(({ text }) => text === path));
  return faultAt(spot, {
    message: `container ${container.name} finds rank 0 by ${path}, the same file in every run: ${isRemoved ? 'a worker can read the last run\'s address before rank 0 has removed it' : "workers connect to the last run's address"} and wait for a host that is gone`,
    found: path,
    expected: 'a name that no other run has (the uid of the Job), or a DNS name instead of a file',
    snippet: snippetFor(object.kind, path),
    evidence: { container: container.name, path, removedFirst: isRemoved },
  });
}

/** The uid of the Job is a label of its pods since Kubernetes 1.27; a Job made anew under the same name has another. */
function snippetFor(kind: string, path: string): string {
  const label = kind === 'Job' || kind === 'CronJob' ? "metadata.labels['batch.kubernetes.io/controller-uid']" : "metadata.labels['<a label that differs from run to run>']";
  return ['env:', '  - name: RUN_UID', '    valueFrom:', '      fieldRef:', `        fieldPath: ${label}`, '# and in the script:', `#   ${path}-$RUN_UID`].join('\n');
}
