import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMask } from '../../agent/parse/mask.ts';
import { linkLocalGid } from '../capture-builder/node-tree.ts';

describe('what stays as it is', () => {
  const stays = [
    '0000:79:00.0 ../../../0000:79:00.0/infiniband/rdmap121s0',
    '10.0.3.7 172.31.4.9 192.168.1.1 100.64.12.31 169.254.169.254 127.0.0.1 255.255.255.0 10.0.0.0/16',
    'ip-10-0-3-7.ec2.internal',
    'NVRM: loading NVIDIA UNIX x86_64 Kernel Module  580.95.05',
    '0000:0000:0000:0000',
    '00:00:00:00:00:00 ff:ff:ff:ff:ff:ff',
    '0000:0000:0000:0000:0000:ffff:0a00:0307',
    'at 12:34:56, 18446744073709551615 packets, use1-az6, p4d.24xlarge',
  ];
  test.each(stays)('%s', (text) => {
    const mask = createMask();
    expect(mask.text(text)).toBe(text);
    expect(mask.counts()).toEqual([]);
  });
});

describe('what is masked, in its own shape', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['arn:aws:iam::123456789012:role/node', 'arn:aws:iam::000000000001:role/node'],
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:1', '000000000001.dkr.ecr.us-east-1.amazonaws.com/vllm:1'],
    ['i-0abcdef1234567890', 'i-00000000000000001'],
    ['sg-0a1b2c3d4e5f60718\nsg-12345678\nsg-0a1b2c3d4e5f60718', 'sg-00000000000000001\nsg-00000002\nsg-00000000000000001'],
    ['eni-0f00f00f00f00f00f subnet-0e00e00e00e00e00e vpc-0d00d00d00d00d00d', 'eni-00000000000000001 subnet-00000000000000001 vpc-00000000000000001'],
    ['/latest/meta-data/network/interfaces/macs/0e:12:34:56:78:9a/mac', '/latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/mac'],
    ['enx0e123456789a', 'enx020000000001'],
    ['GPU-8f7a3f2e-4b7b-d9a2-71c7-6d3f3c9f8a11', 'GPU-00000000-0000-0000-0000-000000000001'],
    ['MIG-8f7a3f2e-4b7b-d9a2-71c7-6d3f3c9f8a11', 'MIG-00000000-0000-0000-0000-000000000001'],
    ['kubepods-pod8f7a3f2e_4b7b_d9a2_71c7_6d3f3c9f8a11.slice', 'kubepods-pod00000000_0000_0000_0000_000000000001.slice'],
    ['fe80:0000:0000:0000:0013:c2ff:fe6f:f03d', 'fe80:0000:0000:0000:0000:00ff:fe00:0001'],
    ['a088:c203:00ab:1234', '0000:0000:0000:0001'],
    ['80:00:02:08:fe:80:00:00:00:00:00:00:a0:88:c2:03:00:ab:12:34', '80:00:02:08:fe:80:00:00:00:00:00:00:00:00:00:00:00:00:00:01'],
    ['0000:0000:0000:0000:0000:ffff:0350:0102', '0000:0000:0000:0000:0000:ffff:cb00:7101'],
    ['3.80.1.2 and ec2-3-80-1-2.compute-1.amazonaws.com', '203.0.113.1 and ec2-203-0-113-1.compute-1.amazonaws.com'],
    ['Serial Number : 1650522003820', 'Serial Number : 0000000000001'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key xxxxxxxxxxxxxxxxxxxx'],
  ];
  test.each(cases)('%s', (text, masked) => {
    expect(createMask().text(text)).toBe(masked);
  });
});

test('one identifier has one placeholder in all its forms', () => {
  const mask = createMask();
  expect(mask.text('02:13:c2:6f:f0:3d')).toBe('02:00:00:00:00:01');
  expect(mask.text('fe80:0000:0000:0000:0013:c2ff:fe6f:f03d')).toBe('fe80:0000:0000:0000:0000:00ff:fe00:0001');
  expect(mask.text('enx0213c26ff03d 0a:00:00:00:00:0b')).toBe('enx020000000001 02:00:00:00:00:02');
  expect(mask.text('8f7a3f2e-4b7b-d9a2-71c7-6d3f3c9f8a11 8f7a3f2e_4b7b_d9a2_71c7_6d3f3c9f8a11')).toBe(
    '00000000-0000-0000-0000-000000000001 00000000_0000_0000_0000_000000000001',
  );
  expect(mask.counts()).toEqual([
    { what: 'UUIDs', count: 1 },
    { what: 'MAC addresses', count: 2 },
  ]);
});

test('the masked GID leads to the masked MAC', () => {
  const octet = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, '0'));
  const mac = fc.array(octet, { minLength: 6, maxLength: 6 }).map((octets) => octets.join(':')).filter((text) => !/^(00:)+00$|^(ff:)+ff$/.test(text));
  fc.assert(
    fc.property(fc.array(mac, { minLength: 1, maxLength: 5 }), (macs) => {
      const mask = createMask();
      for (const one of macs) {
        const gid = mask.text(linkLocalGid(one));
        expect(gid).toBe(linkLocalGid(mask.text(one)));
      }
    }),
  );
});

test('a text masked again by a fresh mask stays the same', () => {
  const text = 'i-0abcdef1234567890 0e:12:34:56:78:9a fe80:0000:0000:0000:0013:c2ff:fe6f:f03d 3.80.1.2 GPU-8f7a3f2e-4b7b-d9a2-71c7-6d3f3c9f8a11';
  const once = createMask().text(text);
  expect(createMask().text(once)).toBe(once);
});

test('the host name goes, in full and in short, and not as a part of a word', () => {
  const mask = createMask(['gpu-node-7.corp.example']);
  expect(mask.text('GPU-NODE-7 gpu-node-7.corp.example gpu-node-77 my-gpu-node-7')).toBe('masked-host-1 masked-host-1 gpu-node-77 my-gpu-node-7');
  expect(mask.counts()).toEqual([{ what: 'host names', count: 1 }]);
  expect(createMask(['vm']).text('kvm and vm')).toBe('kvm and vm');
  expect(createMask(['vm']).hostname('vm')).toBe('masked-host-1');
});

test('secrets in a command line are told by the name before them', () => {
  const mask = createMask();
  expect(mask.commandLine('python\0--hf-token\0abcdef\0--api-key=zz9\0--model\0m\0--token-limit\0--x\0')).toBe(
    'python\0--hf-token\0xxxxxx\0--api-key=xxx\0--model\0m\0--token-limit\0--x\0',
  );
});

test('more public addresses than documentation networks hold stay distinct', () => {
  const mask = createMask();
  const masked = new Set<string>();
  for (let index = 0; index < 1000; index += 1) masked.add(mask.text(`3.80.${Math.floor(index / 256)}.${index % 256}`));
  expect(masked.size).toBe(1000);
});
