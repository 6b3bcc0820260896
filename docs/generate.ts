import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { docsArtefacts } from './source/artefacts.ts';

for (const { path, text } of await docsArtefacts()) writeFileSync(join(import.meta.dirname, '..', path), text);
