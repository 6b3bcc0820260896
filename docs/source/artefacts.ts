import type { Artefact } from '../../deploy/artefact.ts';
import { configurationPage } from './configuration/page.ts';
import { metricsPage } from './metrics/page.ts';

/** The pages of docs/ that are made from the code. A new one is one line here. */
export async function docsArtefacts(): Promise<readonly Artefact[]> {
  return [
    { path: 'docs/metrics.md', text: await metricsPage() },
    { path: 'docs/configuration.md', text: configurationPage() },
  ];
}
