import type { DocumentObject } from '../manifest-object.ts';
import { controllerOf, uidOf } from './live-object.ts';

/** Longer chains are loops or worse; the longest known has six links (leader and worker sets of a LeaderWorkerSet). */
const MOST_LINKS = 10;

/** Who made whom, as far as the objects were listed. */
export class Ownership {
  readonly #byUid: ReadonlyMap<string, DocumentObject>;
  readonly #deployments: readonly DocumentObject[];

  constructor(objects: readonly DocumentObject[]) {
    this.#byUid = new Map(objects.map((object) => [uidOf(object), object]));
    this.#deployments = objects.filter(({ kind }) => kind === 'Deployment');
  }

  /** The object's makers, nearest first; empty where nobody made it, or nobody that was listed. */
  makersOf(object: DocumentObject): readonly DocumentObject[] {
    const makers: DocumentObject[] = [];
    let current = this.#makerOf(object);
    while (current && makers.length < MOST_LINKS) {
      makers.push(current);
      current = this.#makerOf(current);
    }
    return makers;
  }

  #makerOf(object: DocumentObject): DocumentObject | undefined {
    const owner = controllerOf(object);
    if (!owner) return undefined;
    // ReplicaSets are not listed (ten old ones for each Deployment); their names begin with their Deployment's.
    if (owner.kind === 'ReplicaSet') return this.#deployments.find(({ name, namespace }) => namespace === object.namespace && owner.name.replace(/-[^-]+$/, '') === name);
    return this.#byUid.get(owner.uid);
  }
}
