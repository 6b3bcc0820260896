import { expect, test } from 'vitest';
import { anchorsOf, linksOf } from './markdown.ts';

test('links stand in prose, on one line or two, not in code', () => {
  const text = ['[a](b.md) and `[no](code.md)`', '```', '[no](fence.md)', '```', '[two', 'lines](c.md#d "title")', '<https://example.com/x>', '[ref]: e.md'].join('\n');
  expect(linksOf(text)).toEqual([
    { target: 'b.md', line: 1 },
    { target: 'c.md#d', line: 6 },
    { target: 'e.md', line: 8 },
    { target: 'https://example.com/x', line: 7 },
  ]);
});

test('anchors are those of a code host', () => {
  const text = ['# Fabric (EFA, InfiniBand, RoCE)', '## `a_b`: what [it](x.md) is', '## Fix', '```', '# no heading', '```', '## Fix'].join('\n');
  expect([...anchorsOf(text)]).toEqual(['fabric-efa-infiniband-roce', 'a_b-what-it-is', 'fix', 'fix-1']);
});
