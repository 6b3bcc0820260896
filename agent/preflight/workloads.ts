import type { Command, Container, ManifestObject, ManifestWorkload, PodGroup, ServeDeployment, Training, Variable, VllmEngine } from '../model.ts';
import { readScript } from './commands.ts';
import { readContainer } from './containers.ts';
import { runtimeVariables } from './environment.ts';
import { findTemplates } from './find-templates.ts';
import type { DocumentObject } from './manifest-object.ts';
import { asksForGpus, isMultiNode } from './multi-node.ts';
import { readPodGroup } from './pod-group.ts';
import { readRay } from './ray.ts';
import { readServe } from './serve.ts';
import { serveModuleEngines } from './serve-module.ts';
import { surroundingsOf, type Surroundings } from './surroundings.ts';
import { containerTrainings, isBenchmark, isDiagnosis, looksLikeTraining, rolloutEngine } from './training.ts';
import { mapAt, numberAt } from './values.ts';
import { containerEngines } from './vllm.ts';

/** Kinds that train whatever their commands are called. */
const TRAINING_KINDS = /^(PyTorchJob|TFJob|JAXJob|XGBoostJob|PaddleJob|TrainJob|MPIJob|HyperPodPyTorchJob)$/;

/** The objects that make pods, with what rules ask about them. */
export function readWorkloads(objects: readonly DocumentObject[]): readonly ManifestWorkload[] {
  const around = surroundingsOf(objects);
  return objects.flatMap((object) => readWorkload(object, around) ?? []);
}

function readWorkload(object: DocumentObject, around: Surroundings): ManifestWorkload | undefined {
  const found = [...findTemplates(object).map((template) => readPodGroup(object, template, around)), ...trainer(object, around)];
  if (found.length === 0) return undefined;
  const pods = withRuntimeEnvironment(object, found);
  const entrypoint = readEntrypoint(object, pods, around);
  const trainings = [...readTrainings(pods), ...entrypointTrainings(entrypoint, pods)];
  const serve = object.kind === 'RayService' ? readServe(object) : [];
  const modules = object.kind === 'RayService' ? serveModuleEngines(object, pods, around) : [];
  const engines = [...readEngines(pods, serve, trainings), ...modules];
  const ray = readRay(object, pods);
  const purpose = purposeOf({ object, pods, engines, trainings, entrypoint });
  return { object, pods, purpose, isMultiNode: isMultiNode({ object, pods, purpose, engines, ray }), engines, trainings, ray, serve, entrypoint };
}

/** A TrainJob writes only what differs from its runtime: image, command and resources of the trainer. */
function trainer(object: ManifestObject, around: Surroundings): readonly PodGroup[] {
  const written = object.kind === 'TrainJob' ? mapAt(mapAt(object.value, 'spec'), 'trainer') : undefined;
  if (!written) return [];
  const path = ['spec', 'trainer'];
  const nodes = numberAt(written, 'numNodes') ?? 1;
  const container = readContainer({ object, path, container: { ...written, name: 'trainer' }, volumes: [], resourcesKey: 'resourcesPerNode' }, around);
  return [
    {
      object,
      path,
      specPath: path,
      name: 'trainer',
      role: 'worker',
      count: { min: nodes, max: nodes },
      isPartial: true,
      labels: {},
      annotations: {},
      hostNetwork: false,
      dnsPolicy: undefined,
      restartPolicy: undefined,
      instanceTypes: [],
      antiAffinity: [],
      nodeSelector: {},
      deviceClasses: [],
      volumes: [],
      containers: [container],
      initContainers: [],
    },
  ];
}

/** `env_vars` of a RayJob's runtimeEnvYAML, and of the applications in serveConfigV2. */
function withRuntimeEnvironment(object: ManifestObject, pods: readonly PodGroup[]): readonly PodGroup[] {
  const applications = object.get(['spec', 'serveConfigV2', 'applications']);
  const paths = [['spec', 'runtimeEnvYAML'], ...(Array.isArray(applications) ? applications.map((_, index) => ['spec', 'serveConfigV2', 'applications', index, 'runtime_env']) : [])];
  const variables: readonly Variable[] = paths.flatMap((path) => runtimeVariables(object, path));
  if (variables.length === 0) return pods;
  const extend = (container: Container): Container => ({ ...container, environment: [...container.environment, ...variables] });
  return pods.map((pod) => (pod.role === 'submitter' ? pod : { ...pod, containers: pod.containers.map(extend) }));
}

function readEntrypoint(object: ManifestObject, pods: readonly PodGroup[], around: Surroundings): readonly Command[] {
  if (object.kind !== 'RayJob' && object.kind !== 'RayCronJob') return [];
  const path = object.kind === 'RayJob' ? ['spec', 'entrypoint'] : ['spec', 'jobTemplate', 'entrypoint'];
  const environment = pods.find(({ role }) => role === 'head')?.containers[0]?.environment ?? [];
  return readScript(object, path, environment, around).map(({ command }) => command).filter(({ words }) => words.length > 0);
}

function readTrainings(pods: readonly PodGroup[]): readonly Training[] {
  return pods.flatMap((pod) => pod.containers.flatMap((container) => containerTrainings(container.commands, pod, container)));
}

/** What Ray's driver starts runs where the GPUs are. */
function entrypointTrainings(entrypoint: readonly Command[], pods: readonly PodGroup[]): readonly Training[] {
  const pod = pods.find((candidate) => candidate.role === 'worker' && asksForGpus(candidate)) ?? pods.find(asksForGpus);
  return containerTrainings(entrypoint, pod, pod?.containers.find(({ gpus }) => gpus !== 0));
}

function readEngines(pods: readonly PodGroup[], serve: readonly ServeDeployment[], trainings: readonly Training[]): readonly VllmEngine[] {
  return [
    ...pods.flatMap((pod) => pod.containers.flatMap((container) => containerEngines(pod, container))),
    ...serve.flatMap(({ engine }) => engine ?? []),
    ...trainings.flatMap((training) => rolloutEngine(training) ?? []),
  ];
}

type Facts = Pick<ManifestWorkload, 'object' | 'pods' | 'engines' | 'trainings' | 'entrypoint'>;

function purposeOf({ object, pods, engines, trainings, entrypoint }: Facts): ManifestWorkload['purpose'] {
  const containers = pods.filter(asksForGpus).flatMap((pod) => pod.containers);
  const commands = pods.flatMap((pod) => pod.containers.flatMap((container) => container.commands));
  if (commands.some(isBenchmark)) return 'other';
  if (trainings.length > 0) return 'training';
  if (object.kind === 'RayService' || engines.some(({ kind }) => kind !== 'rollout')) return 'serving';
  if (looksLikeTraining([...entrypoint, ...containers.flatMap((container) => container.commands)], undefined)) return 'training';
  // A look at the fabric is often the first line of a training; alone it is all that the job does, whatever its kind and image.
  if (isDiagnosis(commands)) return 'other';
  return TRAINING_KINDS.test(object.kind) || containers.some((container) => looksLikeTraining(container.commands, container.image)) ? 'training' : 'other';
}
