import { alertmanagerArtefacts } from './alertmanager/source/artefacts.ts';
import type { Artefact } from './artefact.ts';
import { kubernetesArtefacts } from './kubernetes/source/artefacts.ts';
import { prometheusArtefacts } from './prometheus/source/artefacts.ts';
import { grafanaArtefacts } from './grafana/source/artefacts.ts';

/** Everything that `npm run generate` writes below deploy/. A new generator is one line here. */
export function artefacts(): readonly Artefact[] {
  return [...grafanaArtefacts(), ...kubernetesArtefacts(), ...prometheusArtefacts(), ...alertmanagerArtefacts()];
}
