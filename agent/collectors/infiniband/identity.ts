import type { Host } from '../../host.ts';

export type Identity = ReturnType<Host['identity']>;

/** Like Host.identity, and undefined also where stat fails for another reason: what cannot be seen is opened anew. */
export function identityOf(host: Host, path: string): Identity {
  try {
    return host.identity(path);
  } catch {
    return undefined;
  }
}

export function isSame(one: Identity, other: Identity): boolean {
  return one?.inode === other?.inode && one?.modifiedMs === other?.modifiedMs;
}
