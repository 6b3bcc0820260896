import type { FieldPath, ManifestObject, Position, YamlMap, YamlValue } from '../model.ts';
import { parseYamlTree, type YamlFault, type YamlTree } from '../parse/yaml-tree.ts';
import { clipped } from '../../rules/manifest/words.ts';
import { isMap, mapAt, textAt, textsAt } from './values.ts';

/** The longest name that Kubernetes takes; a value of a megabyte is not repeated at every finding. */
const LONGEST_NAME = 253;

/** What a text that should be YAML holds: its value, or what is wrong with it. */
interface Branch {
  readonly tree?: YamlTree;
  readonly fault?: YamlFault;
}

/** An object of a document, or of a List in one; `base` is its path there. Texts that are YAML can be opened as its branches. */
export class DocumentObject implements ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly id: string;
  readonly label: string;
  readonly file: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: YamlMap;
  readonly #tree: YamlTree;
  readonly #base: FieldPath;
  readonly #branches = new Map<string, Branch>();

  constructor(file: string, tree: YamlTree, base: FieldPath, value: YamlMap, label?: string) {
    this.file = file;
    this.#tree = tree;
    this.#base = base;
    this.value = value;
    this.apiVersion = textAt(value, 'apiVersion') ?? '';
    this.kind = textAt(value, 'kind') ?? '';
    const metadata = mapAt(value, 'metadata');
    this.namespace = textAt(metadata, 'namespace') ?? 'default';
    this.name = textAt(metadata, 'name') ?? textAt(metadata, 'generateName') ?? '';
    this.annotations = textsAt(metadata, 'annotations');
    this.labels = textsAt(metadata, 'labels');
    this.id = [this.kind, this.namespace, this.name].map((part) => (part.length > LONGEST_NAME ? clipped(part) : part)).join('/');
    this.label = label ?? this.id;
  }

  /** The same object under a name that no other object of the input has. */
  labelled(label: string): DocumentObject {
    return new DocumentObject(this.file, this.#tree, this.#base, this.value, label);
  }

  get(path: FieldPath): YamlValue | undefined {
    let current: YamlValue | undefined = this.value;
    for (const [index, key] of path.entries()) {
      const within: YamlValue | undefined = typeof current === 'string' ? this.branch(path.slice(0, index))?.value : current;
      if (Array.isArray(within) && typeof key === 'number') current = (within as readonly YamlValue[])[key];
      else if (isMap(within) && Object.hasOwn(within, String(key))) current = within[String(key)];
      else return undefined;
    }
    return current;
  }

  at(path: FieldPath): Position {
    for (let length = path.length - 1; length > 0; length -= 1) {
      const text = path.slice(0, length);
      if (typeof this.get(text) !== 'string') continue;
      return this.branch(text)?.at(path.slice(length)) ?? this.#tree.at([...this.#base, ...text]);
    }
    return this.#tree.at([...this.#base, ...path]);
  }

  /** Where line `line` (from 0) of the text at a path stands. */
  inside(path: FieldPath, line: number): Position {
    return this.#tree.inside([...this.#base, ...path], line);
  }

  /** The YAML that the text at a path holds; undefined where it is no YAML. */
  branch(path: FieldPath): YamlTree | undefined {
    return this.#branch(path).tree;
  }

  /** What is wrong with the YAML in the text at a path, and where; undefined where nothing is, or no text stands there. */
  branchFault(path: FieldPath): YamlFault | undefined {
    return this.#branch(path).fault;
  }

  #branch(path: FieldPath): Branch {
    const key = path.join('\u0000');
    const known = this.#branches.get(key);
    if (known) return known;
    const text = this.#branches.size > 64 ? undefined : this.get(path);
    const branch = typeof text === 'string' ? this.#parse(text, path) : {};
    this.#branches.set(key, branch);
    return branch;
  }

  #parse(text: string, path: FieldPath): Branch {
    const first = this.inside(path, 0);
    // In a quoted or folded text lines cannot be told apart: everything stands where the text begins.
    const isExact = this.inside(path, 1).line !== first.line;
    if (isExact) return parseYamlTree(text, first.line);
    const { tree, fault } = parseYamlTree(text);
    if (fault) return { fault: { ...fault, position: first, message: `${fault.message} (line ${fault.position.line} of the text)` } };
    return tree ? { tree: { ...tree, at: () => first, inside: () => first } } : {};
  }
}
