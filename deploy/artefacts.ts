import type { Artefact } from './artefact.ts';

/** Everything that `npm run generate` writes below deploy/. A new generator is one line here. */
export function artefacts(): readonly Artefact[] {
  return [];
}
