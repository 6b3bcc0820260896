import type { KubernetesApi, KubernetesFailure } from '../../model.ts';
import { listOf, objectOf, textOf, type JsonObject } from '../../parse/json-value.ts';
import type { ListedKind } from './kinds.ts';

/** Objects an answer: 500 pods are some 5 MB, and are let go of before the next page comes. */
const PAGE = '500';

/** A kind that could not be listed, and why. */
export interface Unseen {
  readonly kind: ListedKind;
  /** `needs list on pods`, or what went wrong. */
  readonly why: string;
}

/** Lists what a cluster holds; what it may not see is noted in `unseen` and costs nothing else. */
export class Lister {
  readonly unseen: Unseen[] = [];
  readonly #api: KubernetesApi;
  readonly #namespace: string | undefined;
  readonly #signal: AbortSignal;
  readonly #versions: ReadonlyMap<string, string>;

  private constructor(api: KubernetesApi, namespace: string | undefined, versions: ReadonlyMap<string, string>, signal: AbortSignal) {
    this.#api = api;
    this.#namespace = namespace;
    this.#versions = versions;
    this.#signal = signal;
  }

  /** Asks which groups there are. Rejects where no server answers: then nothing can be audited at all. */
  static async open(api: KubernetesApi, namespace: string | undefined, signal: AbortSignal): Promise<Lister> {
    const groups = listOf(objectOf(await api.request({ method: 'GET', path: '/apis' }, signal))['groups']);
    const versions = groups.map(objectOf).map((group): [string, string] => [textOf(group['name']) ?? '', textOf(objectOf(group['preferredVersion'])['version']) ?? '']);
    return new Lister(api, namespace, new Map(versions), signal);
  }

  /**
   * Every object of a kind that `pick` keeps, page by page; undefined where the kind could not be listed. None where the
   * cluster does not know it. `everywhere`: of all namespaces, whatever the caller asked for.
   */
  async list<T>(kind: ListedKind, pick: (item: JsonObject) => T | undefined, everywhere = false): Promise<readonly T[] | undefined> {
    if (kind.group !== '' && !this.#versions.has(kind.group)) return [];
    try {
      return await this.#pages(this.#path(kind, everywhere), kind, pick);
    } catch (error) {
      const { status } = error as Partial<KubernetesFailure>;
      if (this.#signal.aborted) throw error;
      if (status === 404) return [];
      const name = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
      const where = kind.isNamespaced && !everywhere && this.#namespace !== undefined ? ` in namespace ${this.#namespace}` : '';
      const why = status === 403 ? `needs list on ${name}${where}` : error instanceof Error ? error.message : String(error);
      this.unseen.push({ kind, why });
      return undefined;
    }
  }

  /** Why a kind could not be listed; undefined where it was. */
  whyUnseen({ resource, group }: ListedKind): string | undefined {
    return this.unseen.find(({ kind }) => kind.resource === resource && kind.group === group)?.why;
  }

  #path({ group, version, resource, isNamespaced }: ListedKind, everywhere: boolean): string {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${this.#versions.get(group) || version}`;
    const inside = isNamespaced && !everywhere && this.#namespace !== undefined ? `/namespaces/${encodeURIComponent(this.#namespace)}` : '';
    return `${root}${inside}/${resource}`;
  }

  async #pages<T>(path: string, { kind }: ListedKind, pick: (item: JsonObject) => T | undefined): Promise<readonly T[]> {
    const kept: T[] = [];
    let next: string | undefined;
    do {
      const query = { limit: PAGE, ...(next !== undefined && { continue: next }) };
      const answer = objectOf(await this.#api.request({ method: 'GET', path, query }, this.#signal));
      const apiVersion = answer['apiVersion'];
      for (const item of listOf(answer['items'])) {
        // Items of a list do not say what they are; the list does.
        const found = pick({ apiVersion, kind, ...objectOf(item) });
        if (found !== undefined) kept.push(found);
      }
      next = textOf(objectOf(answer['metadata'])['continue'], 4096);
    } while (next !== undefined);
    return kept;
  }
}
