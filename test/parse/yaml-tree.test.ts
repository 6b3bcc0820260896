import { describe, expect, test } from 'vitest';
import { parseYamlTree } from '../../agent/parse/yaml-tree.ts';

function tree(text: string, firstLine = 1) {
  const { tree: found, fault } = parseYamlTree(text, firstLine);
  if (!found) throw new Error(fault?.message);
  return found;
}
const at = (text: string, path: readonly (string | number)[]): string => {
  const { line, column } = tree(text).at(path);
  return `${line}:${column}`;
};

describe('values', () => {
  test('as kubectl reads YAML 1.1', () => {
    expect(tree('a: yes\nb: "yes"\nc: off\nd: 0755\ne: 1.5\nf: ~\ng: 2026-01-01').value).toEqual({ a: true, b: 'yes', c: false, d: 493, e: 1.5, f: null, g: '2026-01-01' });
  });

  test('with anchors and merges resolved; what is written in the map wins', () => {
    const text = 'base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\na:\n  <<: [*b, *o]\n  x: 9\nc: *b\n';
    expect(tree(text).value).toEqual({ base: { x: 1, y: 2 }, other: { y: 3, z: 4 }, a: { x: 9, y: 2, z: 4 }, c: { x: 1, y: 2 } });
    expect(at(text, ['a', 'x'])).toBe('5:3');
    expect(at(text, ['a', 'z']), 'where the anchor is').toBe('2:18');
    expect(at(text, ['c', 'y'])).toBe('1:17');
  });

  test('whatever a key is called', () => {
    expect(Object.keys(tree('__proto__: 1\nconstructor: 2').value as object)).toEqual(['__proto__', 'constructor']);
  });

  test('of JSON with tabs', () => {
    expect(tree('{\n\t"a": [\n\t\t1\n\t]\n}').value).toEqual({ a: [1] });
  });
});

describe('positions', () => {
  const text = 'spec:\n  list:\n    - name: a\n      value: 1\n    - name: b\n';

  test('of keys and items, and of the nearest parent of what is not written', () => {
    expect(at(text, ['spec', 'list', 1])).toBe('5:7');
    expect(at(text, ['spec', 'list', 0, 'value'])).toBe('4:7');
    expect(at(text, ['spec', 'list', 0, 'missing', 'deeper'])).toBe('3:7');
    expect(at(text, [])).toBe('1:1');
  });

  test('count from the line on which the document begins', () => {
    expect(tree(text, 11).at(['spec', 'list', 1])).toEqual({ line: 15, column: 7 });
  });

  test('of lines inside a literal block', () => {
    const block = 'a:\n  script: |\n    one\n    two\nb: "x\\ny"\n';
    expect(tree(block).inside(['a', 'script'], 1)).toEqual({ line: 4, column: 1 });
    expect(tree(block).inside(['b'], 1).line).toBe(5);
  });
});

describe('faults', () => {
  test('name the line and point with a caret', () => {
    expect(parseYamlTree('a: 1\nb: [1, 2\nc: 3\n', 5).fault).toMatchObject({ position: { line: 7, column: 1 }, excerpt: '7 | c: 3\n    ^' });
  });

  test('two keys of one name', () => {
    expect(parseYamlTree('a: 1\na: 2\n').fault).toMatchObject({ position: { line: 2, column: 1 }, message: 'Map keys must be unique' });
  });

  test('an anchor in itself, an alias to nothing', () => {
    expect(parseYamlTree('a: &a [*a]').fault?.message).toBe('an anchor contains an alias to itself');
    expect(parseYamlTree('a: *b').fault?.message).toMatch(/Unresolved alias|does not exist/);
  });

  test('a missing quote stands where the text begins, an open bracket behind the last text', () => {
    expect(parseYamlTree('a: 1\nb: "x\nc: 2\n\n').fault).toMatchObject({ position: { line: 2, column: 4 }, message: 'the text that begins here has no closing quote', excerpt: '2 | b: "x\n       ^' });
    expect(parseYamlTree('a:\n  - b: [y\n\n').fault).toMatchObject({ position: { line: 2, column: 10 }, excerpt: '2 |   - b: [y\n             ^' });
  });

  test('of a long line the part around the column', () => {
    const { excerpt = '' } = parseYamlTree(`a: { ${'b: 1, '.repeat(100)}`).fault ?? {};
    const [line = '', caret = ''] = excerpt.split('\n');
    expect(line.length).toBeLessThan(130);
    expect(caret.length).toBeLessThanOrEqual(line.length + 1);
    const far = parseYamlTree(`{ ${Array.from({ length: 100 }, (_, n) => `k${n}: 1`).join(', ')}, k99: 2, z: ${'9'.repeat(200)} }`).fault;
    const [shown = '', below = ''] = (far?.excerpt ?? '').split('\n');
    expect(shown.slice(below.length - 1, below.length + 5)).toBe('k99: 2');
    expect(shown).toMatch(/^1 \| ….*…$/);
  });

  test('more levels than the parser can go down', () => {
    expect(parseYamlTree(`a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`).fault?.message).toBe('it is nested too deeply, hundreds of lists or maps in one another; it is refused');
  });

  test('a merge of what is no map', () => {
    expect(parseYamlTree('a:\n  <<: [1, 2]\n').fault).toMatchObject({ position: { line: 2, column: 7 }, message: 'a merge (<<) takes a map, an alias of one, or a list of these' });
    expect(parseYamlTree('a:\n  <<: text\n').fault?.message).toMatch(/merge/i);
    expect(parseYamlTree('a:\n  "<<": text\n').tree?.value).toEqual({ a: { '<<': 'text' } });
  });
});
