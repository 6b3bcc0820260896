/**
 * One tree for every way to install: read as plain objects it is install.yaml and the kustomize base, read as text it is the
 * chart's templates. What a person may set is a node that knows both its value and its template expression.
 */
export type Tree = string | number | boolean | Value | Block | YamlText | When | Choice | readonly Tree[] | TreeMap;
/** The entries of a block under a key that begins with `...` join the map. */
export interface TreeMap {
  readonly [key: string]: Tree | undefined;
}
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainMap = { readonly [key: string]: Plain };

/** `helm` as in a template's `if`. */
export interface Condition {
  readonly helm: string;
  readonly holds: boolean;
}

/** A scalar: `{{ helm }}`. */
export class Value {
  readonly helm: string;
  readonly value: string | number | boolean;
  constructor(helm: string, value: string | number | boolean) {
    this.helm = helm;
    this.value = value;
  }
}

/** A list or map that a person hands over whole; left out with its key where it is empty. In a list its items join the list. */
export class Block {
  readonly helm: string;
  readonly value: Plain;
  constructor(helm: string, value: Plain) {
    this.helm = helm;
    this.value = value;
  }
}

/** A map written as text: what a ConfigMap holds. */
export class YamlText {
  readonly helm: string;
  readonly text: string;
  constructor(helm: string, text: string) {
    this.helm = helm;
    this.text = text;
  }
}

/** An entry or item that is there only under a condition. */
export class When {
  readonly condition: Condition;
  readonly tree: Tree;
  constructor(condition: Condition, tree: Tree) {
    this.condition = condition;
    this.tree = tree;
  }
}

export class Choice {
  readonly condition: Condition;
  readonly yes: Tree;
  readonly no: Tree;
  constructor(condition: Condition, yes: Tree, no: Tree) {
    this.condition = condition;
    this.yes = yes;
    this.no = no;
  }
}

export const value = (helm: string, plain: string | number | boolean): Value => new Value(helm, plain);
export const block = (helm: string, plain: Plain): Block => new Block(helm, plain);
export const when = (condition: Condition, tree: Tree): When => new When(condition, tree);
export const choose = (condition: Condition, yes: Tree, no: Tree): Choice => new Choice(condition, yes, no);
export const both = (one: Condition, other: Condition): Condition => ({ helm: `and (${one.helm}) (${other.helm})`, holds: one.holds && other.holds });
export const not = (condition: Condition): Condition => ({ helm: `not (${condition.helm})`, holds: !condition.holds });

/** The tree with every setting at its value; undefined where a condition leaves it out. */
export function plain(tree: Tree): Plain | undefined {
  if (typeof tree !== 'object') return tree;
  if (tree instanceof Value) return tree.value;
  if (tree instanceof YamlText) return tree.text;
  if (tree instanceof Block) return isEmpty(tree.value) ? undefined : tree.value;
  if (tree instanceof When) return tree.condition.holds ? plain(tree.tree) : undefined;
  if (tree instanceof Choice) return plain(tree.condition.holds ? tree.yes : tree.no);
  if (isList(tree)) return tree.flatMap((item) => listed(item, plain(item)));
  const entries = Object.entries(tree).flatMap(([key, entry]) => {
    const found = entry === undefined ? undefined : plain(entry);
    if (found === undefined) return [];
    return key.startsWith('...') ? Object.entries(found as PlainMap) : [[key, found] as const];
  });
  return Object.fromEntries(entries);
}

export function plainMap(tree: TreeMap): PlainMap {
  return plain(tree) as PlainMap;
}

export function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

function listed(item: Tree, found: Plain | undefined): readonly Plain[] {
  if (found === undefined) return [];
  return item instanceof Block && Array.isArray(found) ? (found as readonly Plain[]) : [found];
}

function isEmpty(plainValue: Plain): boolean {
  return plainValue === '' || (typeof plainValue === 'object' && plainValue !== null && Object.keys(plainValue).length === 0);
}
