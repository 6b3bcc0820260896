import { dirname, resolve } from 'node:path';
import { readOwnFile } from '../host/own-files.ts';
import { listOf, objectOf, textOf } from '../parse/json-value.ts';

const MAX_PATH = 4096;

/**
 * `tokenFile` of a user, whose content changes: what kubelet projects, what an agent of a vault renews. The library does not
 * know the key and would ask as nobody; kubectl reads the file again and again, and takes it before `token`.
 */
export async function tokenFileOf(kubeconfigs: readonly string[], user: string): Promise<string | undefined> {
  // The YAML parser is loaded only when there is something to parse.
  // CommonJS: the bundle, unlike Node, has its exports only here.
  const { default: yaml } = await import('yaml');
  for (const path of kubeconfigs) {
    const users = listOf(objectOf(yaml.parse(await readOwnFile(path)))['users']).map(objectOf);
    const found = users.find(({ name }) => name === user);
    if (!found) continue;
    const file = textOf(objectOf(found['user'])['tokenFile'], MAX_PATH);
    return file === undefined ? undefined : resolve(dirname(path), file);
  }
  return undefined;
}
