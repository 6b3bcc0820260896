import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { ownFileExists, readOwnFile } from './host/own-files.ts';

export const VERSION: string = packageJson.version;

/** In the image the bundle lies beside `rules/` and the demonstration's capture; in a checkout both lie one folder up. */
const root = ownFileExists(join(import.meta.dirname, 'rules')) ? import.meta.dirname : join(import.meta.dirname, '..');

/** The capture that `demo` plays: a p4d.24xlarge node whose security group has no egress rule to itself. */
export const DEMO_CAPTURE: string = join(root, 'test/captures/efa-one-way-pods');

/** A rule's page, by its path in the repository. */
export function readPage(page: string): Promise<string> {
  return readOwnFile(join(root, page));
}

/** The schemas that preflight judges objects by, as JSON. */
export function readSchemas(): Promise<string> {
  return readOwnFile(join(root, 'agent/preflight/schemas.json'));
}
