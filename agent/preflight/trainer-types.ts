import type { TypeFields } from './schema-types.ts';

/** `spec.trainer` of Kubeflow's TrainJob (trainer.kubeflow.org/v1alpha1); the other types are Kubernetes' own. */
export const TRAINER_TYPES: Readonly<Record<string, TypeFields>> = {
  Trainer: { image: 's', command: '[s]', args: '[s]', env: '[EnvVar]', numNodes: 'i1..', resourcesPerNode: 'ResourceRequirements', numProcPerNode: 'q' },
};
