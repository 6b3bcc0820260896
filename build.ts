import { chmodSync, cpSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { build, type Plugin } from 'esbuild';

/**
 * Of the Kubernetes client only the part that reads a kubeconfig is used (agent/kubernetes/kubeconfig.ts); what it imports
 * beside, and we never call, is 1.1 MB of generated API and a second HTTP client.
 */
const onlyKubeconfig: Plugin = {
  name: 'only-kubeconfig',
  setup(builder) {
    const place = { path: 'unused', namespace: 'unused' };
    builder.onResolve({ filter: /^undici$|\/gen\/index\.js$/ }, ({ importer }) => (importer.endsWith('client-node/dist/config.js') ? place : undefined));
    const names = ['createConfiguration', 'ServerConfiguration', 'Agent', 'ProxyAgent'];
    builder.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: names.map((name) => `export const ${name} = undefined;`).join('\n') }));
  },
};

/** Parts of the metrics library that the agent has no use for and that load TLS, clusters and workers: 5 MB of memory. */
const withoutServers: Plugin = {
  name: 'without-servers',
  setup(bundler) {
    const filter = /@prometheus-io\/client\/lib\/(pushgateway|cluster|worker)\.js$/;
    bundler.onLoad({ filter }, () => ({ contents: 'module.exports = undefined;' }));
  },
};

/** One program for the image, and beside it what the program reads at run time: the rules' pages and the demonstration. */
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['agent/main.ts'],
  outdir: 'dist',
  entryNames: 'railmedic',
  // What is imported only when it is needed stays a file of its own: the source of a module is held in memory while it runs.
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
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
  plugins: [onlyKubeconfig, withoutServers],
});
// One character beyond ASCII makes V8 hold the whole source with two bytes a character.
for (const file of globSync('dist/{,parts/}*.js')) {
  const source = readFileSync(file, 'utf8');
  writeFileSync(file, source.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
chmodSync('dist/railmedic.js', 0o755);
for (const page of globSync('rules/*/*.md')) cpSync(page, `dist/${page}`);
cpSync('test/captures/efa-one-way-pods', 'dist/test/captures/efa-one-way-pods', { recursive: true, verbatimSymlinks: true });
cpSync('agent/preflight/schemas.json', 'dist/agent/preflight/schemas.json');
cpSync('LICENSE', 'dist/LICENSE');
console.log(`dist/railmedic.js  ${(statSync('dist/railmedic.js').size / 1024).toFixed(0)} KiB`);
