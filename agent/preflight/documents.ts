import type { ManifestText } from '../host/manifest-files.ts';
import type { ManifestProblem, Place, SkippedDocument, YamlMap } from '../model.ts';
import { parseYamlTree, type YamlTree } from '../parse/yaml-tree.ts';
import { DocumentObject } from './manifest-object.ts';
import { patchFiles } from './kustomize-patches.ts';
import { holdsTemplate } from './template-values.ts';
import { isMap, mapsAt } from './values.ts';

export interface Documents {
  readonly files: readonly string[];
  readonly objects: readonly DocumentObject[];
  readonly problems: readonly ManifestProblem[];
  readonly skipped: readonly SkippedDocument[];
}

/** etcd takes no object above 1.5 MiB; a List of many may be longer, and beyond this it costs more memory than a check is worth. */
const MOST_CHARACTERS = 4 * 2 ** 20;
const TEMPLATE = /\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Files)\b|(?:include|template|define)\s+"|(?:if|range|with|end|else|toYaml|tpl)\b|\/\*)/;
/** What envsubst fills in; inside of `{ }` it breaks the YAML. */
const PLACEHOLDER = /\$\{[A-Za-z_]\w*\}/;
/** In a text that is YAML all the same: what only Helm writes. Alert rules hold other templates, and rightly. */
const TEMPLATE_VALUE = /\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Files)\b|(?:include|template)\s+")/;

/** Objects of all texts, in order; what cannot be one is a problem or left aside, and never costs the others. */
export function readDocuments(texts: readonly ManifestText[]): Documents {
  const patches = patchFiles(texts);
  const reader = new Reader();
  for (const text of texts) {
    if (patches.has(text.file)) reader.patch(text.file);
    else reader.file(text);
  }
  return reader.documents();
}

interface Chunk {
  readonly text: string;
  readonly firstLine: number;
}

/** `---` at the begin of a line separates documents wherever it stands, so they can be told apart without parsing. */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let begin = 0;
  let line = 1;
  const add = (end: number): void => {
    const chunk = text.slice(begin, end);
    if (/^(?!\s*(#|%|---\s*(#|$)|\.\.\.\s*$|$))/m.test(chunk)) chunks.push({ text: chunk.replace(/^%.*$/gm, ''), firstLine: line });
    line += (chunk.match(/\n/g) ?? []).length;
    begin = end;
  };
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) if (index > 0) add(index);
  add(text.length);
  return chunks;
}

class Reader {
  readonly #files = new Set<string>();
  readonly #objects: DocumentObject[] = [];
  readonly #problems: ManifestProblem[] = [];
  readonly #skipped: SkippedDocument[] = [];

  documents(): Documents {
    return { files: [...this.#files], objects: withLabels(this.#objects), problems: this.#problems, skipped: this.#skipped };
  }

  file({ file, text, why, isNamed }: ManifestText): void {
    if (text === undefined) {
      if (isNamed) this.#problems.push({ kind: 'hidden', place: { file, line: 1 }, message: `not read: ${why ?? ''}` });
      else this.#skip(file, 1, 'file', why ?? '');
      return;
    }
    this.#files.add(file);
    for (const chunk of splitDocuments(text.replace(/^\uFEFF/, ''))) this.#document(file, chunk, isNamed);
  }

  /** Part of an object only: what is missing is in what it is laid over. */
  patch(file: string, line = 1): void {
    this.#skip(file, line, 'patch', 'kustomize lays it over another object; audit what it makes: kubectl kustomize DIR | railmedic preflight -');
  }

  #document(file: string, { text, firstLine }: Chunk, isNamed: boolean): void {
    const looksLikeObject = /(?:^|[{,])\s*["']?(?:kind|apiVersion)["']?\s*:/m.test(text);
    if (/^kind:\s*["']?CustomResourceDefinition\b/m.test(text)) return this.#skip(file, firstLine, 'CustomResourceDefinition', 'it defines a kind and runs nothing');
    if (!looksLikeObject && !isNamed) return this.#skip(file, firstLine, 'document', 'it has neither apiVersion nor kind');
    if (text.length > MOST_CHARACTERS) {
      const size = `${(text.length / 2 ** 20).toFixed(1)} MiB`;
      this.#problems.push({ kind: 'hidden', place: { file, line: firstLine }, message: `this document is ${size} long and was not read: etcd takes no object above 1.5 MiB; split a List into documents` });
      return;
    }
    const { tree, fault } = parseYamlTree(text, firstLine);
    const template = (tree ? TEMPLATE_VALUE : TEMPLATE).exec(text);
    if (template) return this.#template(file, firstLine + linesBefore(text, template.index));
    const placeholder = fault && PLACEHOLDER.exec(fault.excerpt)?.[0];
    if (fault && placeholder !== undefined) {
      const message = `${placeholder} was not filled in, so this is not YAML yet; audit what is applied: envsubst < ${file === '-' ? 'FILE' : file} | railmedic preflight -`;
      this.#problems.push({ kind: 'hidden', place: { file, ...fault.position }, message });
      return;
    }
    const unfilled = fault ? fault.excerpt.includes('{{') : tree !== undefined && text.includes('{{') && holdsTemplate(tree.value);
    if (unfilled) {
      const message = 'a template that was not filled in ({{ … }}) cannot be judged; audit what it makes';
      this.#problems.push({ kind: 'hidden', place: { file, ...(fault?.position ?? { line: firstLine + linesBefore(text, text.indexOf('{{')) }) }, message });
      return;
    }
    if (fault) {
      const place: Place = { file, ...fault.position };
      this.#problems.push({ kind: 'syntax', place, message: `not YAML: ${fault.message}`, excerpt: fault.excerpt });
      return;
    }
    if (tree) this.#value(file, tree, firstLine);
  }

  #template(file: string, line: number): void {
    const message = 'a Helm template that was not rendered cannot be judged; audit what it renders: helm template CHART --values FILE | railmedic preflight -';
    this.#problems.push({ kind: 'hidden', place: { file, line }, message });
  }

  #value(file: string, tree: YamlTree, firstLine: number): void {
    const { value } = tree;
    if (value === null) return;
    if (!isMap(value)) return this.#skip(file, firstLine, Array.isArray(value) ? 'list' : 'text', 'it is no Kubernetes object');
    this.#object(file, tree, [], value, firstLine);
  }

  #object(file: string, tree: YamlTree, base: readonly (string | number)[], value: YamlMap, firstLine: number): void {
    const { line } = base.length === 0 ? { line: firstLine } : tree.at(base);
    const { kind, apiVersion } = value;
    if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
      if (apiVersion === undefined && typeof kind !== 'string' && kind !== undefined) return this.#skip(file, line, 'document', 'its kind is no text, so it is no Kubernetes object');
      if (kind === undefined) return this.#skip(file, line, 'document', apiVersion === undefined ? 'it has neither apiVersion nor kind' : 'it has an apiVersion and no kind');
      // Helm values say `kind: Deployment` for their chart; an object has a name besides.
      if (apiVersion === undefined && typeof kind === 'string' && !isMap(value['metadata'])) return this.#skip(file, line, 'document', 'it has neither apiVersion nor metadata');
      const message = `a ${JSON.stringify(kind)} without apiVersion: kubectl will not know what it is`;
      this.#problems.push({ kind: 'schema', place: { file, ...tree.at(base), field: 'apiVersion', found: apiVersion === undefined ? 'nothing' : JSON.stringify(apiVersion), expected: 'a text such as v1 or batch/v1' }, message });
      return;
    }
    if (kind === 'Kustomization' || kind === 'Component') return this.#skip(file, line, kind, 'kustomize reads it; audit what it makes: kubectl kustomize DIR | railmedic preflight -');
    // Where it stands alone, kustomization or not; deeper ones lie in whole objects of operators.
    if (value['$patch'] !== undefined || isPatchByName(file, value)) return this.patch(file, line);
    if (kind.endsWith('List') && Array.isArray(value['items'])) {
      for (const [index, item] of mapsAt(value, 'items')) this.#object(file, tree, [...base, 'items', index], item, line);
      return;
    }
    this.#objects.push(new DocumentObject(file, tree, base, value));
  }

  #skip(file: string, line: number, what: string, why: string): void {
    this.#skipped.push({ file, line, what, why });
  }
}

/** A kustomization may lie elsewhere, or name it in a comment: a workload without what the API server demands, in a file called a patch. */
function isPatchByName(file: string, value: YamlMap): boolean {
  const { kind, spec } = value;
  return /patch/i.test(file.slice(file.lastIndexOf('/') + 1)) && typeof kind === 'string' && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind) && isMap(spec) && spec['selector'] === undefined;
}

function linesBefore(text: string, index: number): number {
  return (text.slice(0, index).match(/\n/g) ?? []).length;
}

/** Objects of several files, or twice in one, may have the same id: an overlay beside its base. */
function withLabels(objects: readonly DocumentObject[]): readonly DocumentObject[] {
  const byId = Map.groupBy(objects, (object) => object.id);
  return objects.map((object) => {
    const same = byId.get(object.id) ?? [];
    if (same.length < 2) return object;
    const inFile = same.filter(({ file }) => file === object.file).length > 1 ? `${object.file}:${object.at([]).line}` : object.file;
    return object.labelled(`${object.id} (${inFile})`);
  });
}
