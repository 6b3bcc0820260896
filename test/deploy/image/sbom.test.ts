import { expect, test } from 'vitest';
import { billOfMaterials } from '../../../deploy/image/sbom.ts';
import packageJson from '../../../package.json' with { type: 'json' };

interface Bill {
  readonly packages: readonly { readonly name: string; readonly SPDXID: string; readonly versionInfo: string; readonly licenseDeclared: string; readonly checksums?: readonly { readonly checksumValue: string }[] }[];
  readonly relationships: readonly unknown[];
}

test('the bill of materials lists what is in the bundle, and nothing that is only installed', async () => {
  const bill = (await billOfMaterials(new Date('2026-01-02T03:04:05.678Z'))) as Bill;
  expect(bill).toMatchObject({ spdxVersion: 'SPDX-2.3', creationInfo: { created: '2026-01-02T03:04:05Z' }, documentDescribes: ['SPDXRef-railmedic'] });
  const [root, ...packages] = bill.packages;
  expect(root).toMatchObject({ name: 'railmedic', versionInfo: packageJson.version, licenseDeclared: 'Apache-2.0' });
  const names = packages.map(({ name }) => name);
  expect(names).toContain('yaml');
  expect(names).toContain('pino');
  expect(names.filter((name) => name.startsWith('@types/') || name in packageJson.devDependencies)).toEqual([]);
  expect(packages.filter(({ licenseDeclared }) => licenseDeclared === 'NOASSERTION')).toEqual([]);
  for (const { SPDXID, checksums } of packages) {
    expect(SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    expect(checksums?.[0]?.checksumValue, SPDXID).toMatch(/^[0-9a-f]{128}$/);
  }
  expect(bill.relationships).toHaveLength(packages.length);
});
