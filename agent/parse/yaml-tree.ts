import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Scalar } from 'yaml';
import type { FieldPath, Position, YamlValue } from '../model.ts';

/** Broken text: where, in words, and the line with a caret. */
export interface YamlFault {
  readonly position: Position;
  readonly message: string;
  readonly excerpt: string;
}

/** A parsed document: its value with anchors and merges resolved, and where each part of it stands. */
export interface YamlTree {
  readonly value: YamlValue;
  /** Position of the key (of the item, in a list) at the end of the path, or of the nearest parent that is written. */
  at(path: FieldPath): Position;
  /** Where line `line` (from 0) of a text value stands: exact in a literal block, else the line where the text begins. */
  inside(path: FieldPath, line: number): Position;
}

/** What one container (map or list) of the value knows of its entries. */
interface Entries {
  readonly self: Position;
  readonly keys: Map<string | number, Position>;
  readonly texts: Map<string | number, TextStart>;
}
interface TextStart {
  readonly position: Position;
  readonly isBlock: boolean;
}

/** So many values a document may unfold to: some hundred times what the largest object that etcd takes (1.5 MiB) holds. */
const MOST_VALUES = 2_000_000;

const TOO_DEEP = 'it is nested too deeply, hundreds of lists or maps in one another; it is refused';

/** Reads one YAML document. `firstLine` is the line of the file on which `text` begins. Never throws. */
export function parseYamlTree(text: string, firstLine = 1): { readonly tree?: YamlTree; readonly fault?: YamlFault } {
  try {
    return parsed(text, firstLine);
  } catch (error) {
    // The parser calls itself for each level: on a hostile document the stack ends first.
    if (!(error instanceof RangeError)) throw error;
    return { fault: faultAt(text, { line: firstLine, column: 1 }, firstLine, TOO_DEEP) };
  }
}

function parsed(text: string, firstLine: number): { readonly tree?: YamlTree; readonly fault?: YamlFault } {
  const lines = new LineCounter();
  // kubectl reads YAML 1.1: merges hold. Keys may be equal only by mistake, and then the parser says so.
  const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: 'silent', prettyErrors: false });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: line + firstLine - 1, column: col };
  };
  const [problem] = document.errors;
  if (problem) {
    const begin = problem.code === 'MISSING_CHAR' ? openQuote(document, problem.pos[0]) : undefined;
    const said = /call stack/.test(problem.message) ? TOO_DEEP : (problem.message.split('\n')[0] ?? 'not YAML');
    return { fault: faultAt(text, position(begin ?? problem.pos[0]), firstLine, begin === undefined ? said : 'the text that begins here has no closing quote') };
  }
  const builder = new Builder(document, position);
  try {
    return { tree: builder.tree() };
  } catch (error) {
    if (!(error instanceof YamlUnfoldError)) throw error;
    return { fault: faultAt(text, error.position, firstLine, error.message) };
  }
}

/** Where the text begins whose closing quote is missing at `end`: the parser misses it only at the end of the document. */
function openQuote(document: Document.Parsed, end: number): number | undefined {
  let begin: number | undefined;
  visit(document, {
    Scalar(_, { type, range }) {
      if ((type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') && range && range[0] < end && range[1] >= end) begin = range[0];
    },
  });
  return begin;
}

/** So much of a long line is shown: the fault stands within. */
const MOST_COLUMNS = 120;

function faultAt(text: string, found: Position, firstLine: number, message: string): YamlFault {
  const position = written(text, found, firstLine);
  const line = (text.split('\n')[position.line - firstLine] ?? '').replace(/\r$/, '');
  const head = `${position.line} | `;
  // A tab counts as one column and is shown as one, so that the caret stands below what it means.
  const all = line.replaceAll('\t', '→');
  const begin = position.column <= MOST_COLUMNS ? 0 : position.column - MOST_COLUMNS / 2;
  const [before, after] = [begin > 0 ? '…' : '', all.length > begin + MOST_COLUMNS ? '…' : ''];
  const shown = `${before}${all.slice(begin, begin + MOST_COLUMNS)}${after}`;
  return { position, message, excerpt: `${head}${shown}\n${' '.repeat(head.length + before.length + position.column - 1 - begin)}^` };
}

/** Behind the last text before an empty line: an open bracket is only missed where nothing is left to show. */
function written(text: string, position: Position, firstLine: number): Position {
  const lines = text.split('\n');
  const index = lines.findLastIndex((line, at) => at <= position.line - firstLine && line.trim() !== '');
  if (index === -1 || index === position.line - firstLine) return position;
  return { line: index + firstLine, column: (lines[index] ?? '').trimEnd().length + 1 };
}

class YamlUnfoldError extends Error {
  readonly position: Position;
  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

interface Found {
  readonly last: Position;
  readonly text: TextStart | undefined;
}

function findIn(known: WeakMap<object, Entries>, value: YamlValue, root: Entries, path: FieldPath): Found {
  let current: YamlValue | undefined = value;
  let last = (known.get(Object(current) as object) ?? root).self;
  let text = path.length === 0 ? root.texts.get('') : undefined;
  for (const key of path) {
    const entries = known.get(Object(current) as object);
    const found = entries?.keys.get(key);
    if (!entries || !found) return { last, text: undefined };
    last = found;
    text = entries.texts.get(key);
    current = (current as Record<string | number, YamlValue>)[key];
  }
  return { last, text };
}

class Builder {
  readonly #document: Document.Parsed;
  readonly #position: (offset: number) => Position;
  readonly #entries = new WeakMap<object, Entries>();
  readonly #built = new Map<Node, { readonly value: YamlValue; readonly size: number }>();
  readonly #open = new Set<Node>();
  #size = 0;

  constructor(document: Document.Parsed, position: (offset: number) => Position) {
    this.#document = document;
    this.#position = position;
  }

  tree(): YamlTree {
    const root: Entries = { self: this.#of(this.#document.contents), keys: new Map(), texts: new Map() };
    const value = this.#build(this.#document.contents);
    this.#note(root, '', this.#document.contents);
    // Holds on to the positions alone: the parser's own tree is ten times as large.
    const entries = this.#entries;
    const find = (path: FieldPath): Found => findIn(entries, value, root, path);
    return {
      value,
      at: (path) => find(path).last,
      inside(path, line) {
        const { last, text } = find(path);
        if (!text) return last;
        return text.isBlock ? { line: text.position.line + 1 + line, column: 1 } : text.position;
      },
    };
  }

  #build(node: Node | null | undefined): YamlValue {
    if (!node) return this.#count(null);
    if (isAlias(node)) return this.#alias(node.resolve(this.#document), node);
    if (isScalar(node)) return this.#count(scalarValue(node));
    const before = this.#size;
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node) : isSeq(node) ? this.#list(node.items as Node[], this.#of(node)) : null;
    this.#open.delete(node);
    this.#count(null);
    this.#built.set(node, { value, size: this.#size - before });
    return value;
  }

  /** The same value again; what it unfolds to is counted each time, so that ten lines cannot stand for a billion. */
  #alias(target: Node | undefined, alias: Node): YamlValue {
    if (!target) throw new YamlUnfoldError('an alias names an anchor that does not exist', this.#of(alias));
    if (this.#open.has(target)) throw new YamlUnfoldError('an anchor contains an alias to itself', this.#of(alias));
    const built = this.#built.get(target);
    if (!built) return this.#build(target);
    this.#size += built.size;
    this.#checkSize(alias);
    return built.value;
  }

  #map(node: Extract<Node, { items: unknown[] }>): YamlValue {
    const value: Record<string, YamlValue> = {};
    const entries: Entries = { self: this.#of(node), keys: new Map(), texts: new Map() };
    const merged: Node[] = [];
    for (const pair of node.items as { key: Node | null; value: Node | null }[]) {
      const key = keyText(pair.key);
      if (key === '<<' && isPlain(pair.key)) {
        if (pair.value) merged.push(pair.value);
        continue;
      }
      put(value, key, this.#build(pair.value));
      entries.keys.set(key, this.#of(pair.key ?? pair.value));
      this.#note(entries, key, pair.value);
    }
    for (const source of merged) this.#merge(value, entries, source);
    this.#entries.set(value, entries);
    return value;
  }

  /** What is written in the map itself goes first, then earlier sources before later ones. */
  #merge(value: Record<string, YamlValue>, entries: Entries, source: Node): void {
    const resolved = this.#build(source);
    for (const part of Array.isArray(resolved) ? (resolved as YamlValue[]) : [resolved]) {
      if (typeof part !== 'object' || part === null || Array.isArray(part)) throw new YamlUnfoldError('a merge (<<) takes a map, an alias of one, or a list of these', this.#of(source));
      const known = this.#entries.get(part);
      for (const [key, item] of Object.entries(part)) {
        if (Object.hasOwn(value, key)) continue;
        put(value, key, item);
        entries.keys.set(key, known?.keys.get(key) ?? this.#of(source));
        const text = known?.texts.get(key);
        if (text) entries.texts.set(key, text);
      }
    }
  }

  #list(items: readonly Node[], self: Position): YamlValue {
    const entries: Entries = { self, keys: new Map(), texts: new Map() };
    const value = items.map((item, index) => {
      entries.keys.set(index, this.#of(item));
      this.#note(entries, index, item);
      return this.#build(item);
    });
    this.#entries.set(value, entries);
    return value;
  }

  #note(entries: Entries, key: string | number, node: Node | null): void {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (!isScalar(target) || typeof target.value !== 'string') return;
    entries.texts.set(key, { position: this.#of(target), isBlock: target.type === 'BLOCK_LITERAL' });
  }

  #of(node: Node | null | undefined): Position {
    return this.#position(node?.range?.[0] ?? 0);
  }

  #count<T extends YamlValue>(value: T): T {
    this.#size += 1;
    this.#checkSize(undefined);
    return value;
  }

  #checkSize(node: Node | undefined): void {
    if (this.#size > MOST_VALUES) {
      throw new YamlUnfoldError(`the anchors of this document unfold to more than ${MOST_VALUES.toLocaleString('en')} values; it is refused`, this.#of(node));
    }
  }
}

/** Own properties only, whatever the key is called. */
function put(target: Record<string, YamlValue>, key: string, value: YamlValue): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A quoted `"<<"` is a key like any other. */
function isPlain(key: Node | null): boolean {
  return isScalar(key) && key.type === 'PLAIN';
}

function keyText(key: Node | null): string {
  if (!isScalar(key)) return key === null ? 'null' : String(key);
  return key.source ?? String(key.value);
}

/** As kubectl reads it, which is YAML 1.1: yes, no, on and off are booleans, and 0755 is octal. */
function scalarValue(node: Scalar): YamlValue {
  const { value, source, type } = node;
  if (type === 'PLAIN' && source !== undefined) {
    if (/^(y|Y|yes|Yes|YES|on|On|ON)$/.test(source)) return true;
    if (/^(n|N|no|No|NO|off|Off|OFF)$/.test(source)) return false;
    if (/^0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
  }
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return source ?? '';
}
