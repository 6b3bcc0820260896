import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writeCapture } from '../../agent/capture.ts';
import { captureOf } from './node.ts';
import { SCENES } from './scenes.ts';

// Writes the made-up captures anew; those recorded from a real kernel (rdma-lab-*) stay as they are.
for (const node of SCENES) {
  const directory = fileURLToPath(new URL(`../captures/${node.name}`, import.meta.url));
  await rm(directory, { recursive: true, force: true });
  const files = captureOf(node);
  await writeCapture(directory, files);
  console.log(`${node.name}: ${files.size} files`);
}
