import { describe, expect, test } from 'vitest';
import { parseAddress, parseListen } from '../agent/options.ts';

describe('--listen', () => {
  test.each([
    ['127.0.0.1:9477', '127.0.0.1', 9477],
    ['[::1]:9477', '::1', 9477],
    // The manifests write the node's address in brackets, whichever kind it is.
    ['[10.0.3.7]:9477', '10.0.3.7', 9477],
    ['[fd00::7]:1', 'fd00::7', 1],
    [':9477', '::', 9477],
  ])('%s', (text, host, port) => expect(parseListen(text)).toEqual({ host, port }));

  test.each(['9477', '127.0.0.1', '[::1]', '127.0.0.1:65536', '::1:9477', '[x]:1'])('%s is no address with a port', (text) => {
    expect(() => parseListen(text)).toThrow('expected address:port such as 127.0.0.1:9477');
  });
});

describe('--node-ip', () => {
  test('takes an IPv4 address, and passes over an IPv6 one', () => {
    expect([parseAddress('10.0.3.7'), parseAddress('fd00::7')]).toEqual(['10.0.3.7', undefined]);
  });
  test('refuses what is no address', () => {
    expect(() => parseAddress('node-1')).toThrow('expected an IPv4 address such as 10.0.3.7');
  });
});
