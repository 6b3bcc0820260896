import type { Host } from '../host.ts';

/** A file whose absence or refusal costs only the fields that come from it. */
export async function optionalText(host: Host, path: string, maxBytes?: number): Promise<string | undefined> {
  try {
    return await host.readText(path, maxBytes);
  } catch {
    return undefined;
  }
}
