import { expect, test } from 'vitest';
import { columns, commandLines, ends, hang, wrap } from '../../../exporters/terminal/layout.ts';

test('words are wrapped, numbers and their units stay together, long words are never cut', () => {
  expect(wrap('sent 18 204 packets in 10 s, received 0', 12)).toEqual(['sent 18 204', 'packets in', '10 s,', 'received 0']);
  expect(wrap('1.2 M packets, 5 % of 16 GiB here', 9)).toEqual(['1.2 M', 'packets,', '5 % of', '16 GiB', 'here']);
  expect(wrap('port 1 sends', 6)).toEqual(['port 1', 'sends']);
  expect(wrap('a /a/path/that/is/long b', 8)).toEqual(['a', '/a/path/that/is/long', 'b']);
  expect(wrap('', 8)).toEqual(['']);
});

test('text hangs below where it began; a head that is too long stands alone', () => {
  expect(hang('  likely', 'one two three', 24)).toEqual(['  likely        one two', '                three']);
  expect(hang('  GPU-3f2b8c1e-aaaa', 'one two', 24)).toEqual(['  GPU-3f2b8c1e-aaaa', '                one two']);
});

test('a command that does not fit is never broken', () => {
  const long = 'aws ec2 describe-security-group-rules --group-id sg-1';
  expect(commandLines('  check', ['uptime', 'w'], 40)).toEqual(['  check         uptime', '                w']);
  expect(commandLines('  check', ['uptime', long], 40)).toEqual(['  check', '    uptime', `    ${long}`]);
  expect(commandLines('  check', [], 40)).toEqual([]);
});

test('left and right ends of a line, or one below the other', () => {
  expect(ends('BAD', 'left', 'right', 16)).toEqual(['BAD  left  right']);
  expect(ends('BAD', 'left left left', 'right', 16)).toEqual(['BAD  left left', '     left', '           right']);
});

test('columns are counted by characters', () => {
  expect(columns('–👍a')).toBe(3);
});
