import type { Command, Container, Judgement, ManifestWorkload, Setting, Training } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt } from './place.ts';
import { hasOwnFile, numberIn, textIn } from './setting-values.ts';
import { keepsNothing, lastingMount, lifetimeAt, lifetimeWords } from './storage.ts';

interface Habit {
  /** Settings that name the directory; the first that is written counts. */
  readonly settings: readonly string[];
  /** Where the framework writes when none is written; undefined: not known. */
  readonly standard?: string;
  isOff(options: Training['options']): boolean;
}

const GENERIC: Habit = {
  settings: ['checkpoint_dir', 'checkpoint_path', 'ckpt_dir', 'ckpt_path', 'checkpoints_dir', 'save_dir', 'save_path', 'save', 'output_dir'],
  isOff: (options) => textIn(options['save_strategy']) === 'no',
};
/** NeMo RL: examples/configs/grpo_math_1B.yaml. verl: trainer/config/ppo_trainer.yaml, where save_freq -1 saves nothing. */
const HABITS: Readonly<Partial<Record<Training['framework'], Habit>>> = {
  'nemo-rl': { settings: ['checkpointing.checkpoint_dir'], standard: 'results/grpo', isOff: (options) => options['checkpointing.enabled']?.value === false },
  verl: {
    settings: ['trainer.default_local_dir'],
    standard: 'checkpoints/<project>/<experiment>',
    isOff: (options) => options['trainer.save_freq'] === undefined || (numberIn(options['trainer.save_freq']) ?? 1) <= 0,
  },
};

export const checkpointsOnLocalDisk = defineRule({
  name: 'CheckpointsOnLocalDisk',
  title: 'Checkpoints are lost with the pod',
  severity: 'warning',
  page: 'rules/manifest/checkpoints-on-local-disk.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) for (const training of workload.trainings) yield* judge(workload, training);
  },
});

function* judge(workload: ManifestWorkload, training: Training): Iterable<Judgement> {
  const { container, pod, framework, options } = training;
  const habit = HABITS[framework] ?? GENERIC;
  if (!container || pod?.isPartial !== false || habit.isOff(options)) return;
  const name = habit.settings.find((candidate) => options[candidate] !== undefined) ?? habit.settings[0] ?? '';
  const written = options[name];
  const directory = written ? textIn(written) : standardOf(habit, training);
  if (directory === undefined || /:\/\/|[$<]/.test(written ? directory : '')) return;
  const where = lostAt(workload, container, directory);
  if (where === undefined) return;
  yield faultAt(written ?? training, fault(training, container, { name, written, directory, where }));
}

function standardOf({ standard }: Habit, { options }: Training): string | undefined {
  return hasOwnFile(options) ? undefined : standard;
}

/** What holds the directory, in words, where it ends with the pod or the node; undefined where it lasts or cannot be told. */
function lostAt(workload: ManifestWorkload, container: Container, directory: string): string | undefined {
  const base = directory.startsWith('/') ? '/' : workingDirectory(workload, container);
  if (base === undefined) return keepsNothing(container) ? lifetimeWords(container, '/') : undefined;
  const path = base === '/' ? directory : `${base.replace(/\/+$/, '')}/${directory.replace(/^\.\//, '')}`;
  const lifetime = lifetimeAt(container, path);
  return lifetime === 'lasting' || lifetime === 'unknown' ? undefined : lifetimeWords(container, path);
}

/** Where a relative path begins; undefined where the image or more than one `cd` decides. */
function workingDirectory({ entrypoint }: ManifestWorkload, container: Container): string | undefined {
  const changes = new Set([...container.commands, ...entrypoint].flatMap((command) => changedTo(command)));
  const [only] = changes;
  if (changes.size > 1) return undefined;
  const written = container.object.get([...container.path, 'workingDir']);
  return only ?? (typeof written === 'string' ? written : undefined);
}

function changedTo({ words: [program, directory] }: Command): readonly string[] {
  return program?.text === 'cd' && directory && !directory.isDynamic && directory.text.startsWith('/') ? [directory.text] : [];
}

/** As it is written: `--save_dir`, `--save-dir`. */
function optionText({ object, path }: Training, container: Container, name: string): string {
  const dashed = `--${name.replaceAll('_', '-')}`;
  const text = JSON.stringify([object.get(path) ?? '', container.object.get(container.path) ?? '']);
  return text.includes(dashed) ? dashed : `--${name}`;
}

interface Found {
  /** The option that names the directory, or would. */
  readonly name: string;
  readonly written: Setting | undefined;
  readonly directory: string;
  readonly where: string;
}

function fault(training: Training, container: Container, { name, written, directory, where }: Found): Parameters<typeof faultAt>[1] {
  const { framework } = training;
  const target = `${lastingMount(container)?.mountPath ?? '/shared'}/checkpoints/<run>`;
  const option = HABITS[framework] ? `${name}=` : `${optionText(training, container, name)} `;
  return {
    message: `container ${container.name} writes checkpoints to ${directory}${written ? '' : " (the framework's default)"}, on ${where}: when a pod is lost, so is the run`,
    found: directory,
    expected: 'a directory on a persistent volume that every pod of the job mounts',
    snippet: [`${option}${target}`, ...(lastingMount(container) ? [] : ['# and in the pod:', 'volumeMounts:', '  - name: shared', '    mountPath: /shared', 'volumes:', '  - name: shared', '    persistentVolumeClaim:', '      claimName: fsx-pvc'])].join('\n'),
    evidence: { container: container.name, directory, framework },
  };
}

