import type { Container, FieldPath, Judgement, ManifestObject, ManifestWorkload, PodGroup, Spot } from '../../agent/model.ts';
import { counted } from '../words.ts';
import { GPU_RESOURCE, resourcesKey, resourcesText } from './device-resources.ts';
import { spotOf, variable } from './environment.ts';
import { faultAt, spotAt } from './place.ts';

/** Where an operator is told how many processes torchrun starts in each pod; it hands the number on as PET_NPROC_PER_NODE. */
const FIELDS: Readonly<Record<string, FieldPath>> = {
  PyTorchJob: ['spec', 'nprocPerNode'],
  HyperPodPyTorchJob: ['spec', 'nprocPerNode'],
  TrainJob: ['spec', 'trainer', 'numProcPerNode'],
};
/** What torchrun reads where its command has no --nproc-per-node: torch/distributed/argparse_util.py. */
const VARIABLE = 'PET_NPROC_PER_NODE';

interface Told {
  readonly spot: Spot;
  readonly name: string;
  readonly processes: number;
}

/** Processes of torchrun that its command does not count, against the GPUs of the container. */
export function* processFaults({ object, pods, trainings }: ManifestWorkload): Iterable<Judgement> {
  for (const pod of pods) {
    for (const container of pod.containers) {
      const { gpus, name } = container;
      const told = ofVariable(container) ?? ofObject(object);
      const isCounted = trainings.some((training) => training.container === container && training.options['nproc_per_node'] !== undefined);
      if (gpus && told && told.processes > gpus && !isCounted) yield judge(told, pod, gpus, name);
    }
  }
}

function judge({ spot, name, processes }: Told, pod: PodGroup, gpus: number, container: string): Judgement {
  return faultAt(spot, {
    message: `${name} is ${processes} and container ${container} asks for ${counted(gpus, 'GPU')}: rank ${gpus} finds no GPU ("invalid device ordinal"), or several share one, which NCCL refuses ("Duplicate GPU detected")`,
    found: `${name} ${processes}, ${GPU_RESOURCE}: ${gpus}`,
    expected: `the same number: ${gpus} or ${processes}`,
    snippet: name === VARIABLE ? `name: ${VARIABLE}\nvalue: "${gpus}"` : resourcesText(GPU_RESOURCE, processes, resourcesKey(pod)),
    evidence: { perNode: processes, gpus },
  });
}

function ofObject(object: ManifestObject): Told | undefined {
  const path = FIELDS[object.kind];
  const processes = path && whole(object.get(path));
  return path && processes !== undefined ? { spot: spotAt(object, path), name: String(path.at(-1)), processes } : undefined;
}

function ofVariable(container: Container): Told | undefined {
  const set = variable(container, VARIABLE);
  const processes = whole(set?.value);
  return set && processes !== undefined ? { spot: spotOf(set), name: VARIABLE, processes } : undefined;
}

/** Both are a number or a text; `auto` and `gpu` mean as many as there are. */
function whole(value: unknown): number | undefined {
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d*$/.test(String(value)) ? Number(value) : undefined;
}
