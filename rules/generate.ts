import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from './index.ts';
import { rulesReadme } from './readme.ts';

writeFileSync(join(import.meta.dirname, 'README.md'), rulesReadme(RULES));
