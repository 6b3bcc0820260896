import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import lock from '../../package-lock.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };

/**
 * What is in the bundle, as SPDX 2.3: the packages whose files esbuild takes in, with version, licence and checksum of the lock
 * file. `npm sbom` cannot say it: it lists what is installed, types and all, and with --omit=dev leaves out what a tool for
 * development may use too (yaml).
 */
export async function billOfMaterials(created: Date): Promise<object> {
  const packages = (await bundledPackages()).map(describe);
  const digest = createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 32);
  const root = {
    name: packageJson.name,
    SPDXID: 'SPDXRef-railmedic',
    versionInfo: packageJson.version,
    primaryPackagePurpose: 'APPLICATION',
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseDeclared: packageJson.license,
    externalRefs: [purl(packageJson.name, packageJson.version)],
  };
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${packageJson.name}@${packageJson.version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${packageJson.name}-${packageJson.version}-${digest}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+Z$/, 'Z'), creators: [`Tool: ${packageJson.name}-${packageJson.version}`] },
    documentDescribes: [root.SPDXID],
    packages: [root, ...packages],
    relationships: packages.map(({ SPDXID }) => ({ spdxElementId: root.SPDXID, relatedSpdxElement: SPDXID, relationshipType: 'CONTAINS' })),
  };
}

/** Places in the lock file (`node_modules/a/node_modules/b`), sorted. */
async function bundledPackages(): Promise<readonly string[]> {
  const { metafile } = await build({ entryPoints: ['agent/main.ts'], absWorkingDir: `${import.meta.dirname}/../..`, bundle: true, platform: 'node', format: 'esm', target: 'node24', outdir: 'dist', metafile: true, write: false, logLevel: 'error' });
  const places = Object.keys(metafile.inputs).flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
  return [...new Set(places)].toSorted();
}

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
}

function describe(place: string) {
  const locked = (lock.packages as Readonly<Record<string, Locked | undefined>>)[place];
  if (locked?.version === undefined) throw new Error(`${place} is in the bundle and not in package-lock.json`);
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return {
    name,
    SPDXID: `SPDXRef-${place.replaceAll(/[^A-Za-z0-9.]+/g, '-')}-${locked.version}`,
    versionInfo: locked.version,
    downloadLocation: `https://registry.npmjs.org/${name}/-/${name.split('/').at(-1)}-${locked.version}.tgz`,
    filesAnalyzed: false,
    licenseDeclared: locked.license ?? 'NOASSERTION',
    ...(locked.integrity?.startsWith('sha512-') && {
      checksums: [{ algorithm: 'SHA512', checksumValue: Buffer.from(locked.integrity.slice('sha512-'.length), 'base64').toString('hex') }],
    }),
    externalRefs: [purl(name, locked.version)],
  };
}

function purl(name: string, version: string): object {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: `pkg:npm/${name.replace('@', '%40')}@${version}` };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await billOfMaterials(new Date()), null, 1)}\n`);
