import { chmodSync, cpSync, globSync, rmSync, statSync } from 'node:fs';
import { build } from 'esbuild';

/** One file for the image, and beside it what the program reads at run time: the rules' pages and the demonstration. */
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['agent/main.ts'],
  outfile: 'dist/railmedic.js',
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'linked',
  // Some of what is bundled is CommonJS and calls require() for Node's own modules.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
chmodSync('dist/railmedic.js', 0o755);
for (const page of globSync('rules/*/*.md')) cpSync(page, `dist/${page}`);
cpSync('test/captures/efa-one-way', 'dist/test/captures/efa-one-way', { recursive: true, verbatimSymlinks: true });
cpSync('LICENSE', 'dist/LICENSE');
console.log(`dist/railmedic.js  ${(statSync('dist/railmedic.js').size / 1024).toFixed(0)} KiB`);
