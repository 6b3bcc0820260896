import { Command } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseAddress, parseListen, withNodeOptions, type NodeOptions } from '../agent/options.ts';

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

describe('--pod-logs', () => {
  afterEach(() => vi.unstubAllEnvs());
  const parsed = (...args: readonly string[]): boolean | undefined =>
    withNodeOptions(new Command('agent').exitOverride().configureOutput({ writeErr() {} })).parse(args, { from: 'user' }).opts<NodeOptions>().podLogs;

  test('is off, and on where it is asked for', () => {
    expect([parsed(), parsed('--pod-logs'), parsed('--pod-logs', 'false'), parsed('--pod-logs=true')]).toEqual([false, true, false, true]);
  });
  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['', false],
  ])('RAILMEDIC_POD_LOGS=%s', (text, expected) => {
    vi.stubEnv('RAILMEDIC_POD_LOGS', text);
    expect(parsed()).toBe(expected);
  });
  test('is neither on nor off by a word that nobody knows', () => {
    vi.stubEnv('RAILMEDIC_POD_LOGS', 'maybe');
    expect(() => parsed()).toThrow('expected true or false');
  });
});
