import { expect, test } from 'vitest';
import { parseDeviceMinor } from '../../agent/parse/gpu-information.ts';

/** As driver 580.159.04 writes it on an H200; the UUID is made up. */
const H200 = `Model: \t\t NVIDIA H200
IRQ:   \t\t 41
GPU UUID: \t GPU-00000000-1111-2222-3333-444444444444
Video BIOS: \t 96.00.a5.00.1a
Bus Type: \t PCIe
DMA Size: \t 52 bits
DMA Mask: \t 0xfffffffffffff
Bus Location: \t 0000:00:06.0
Device Minor: \t 12
GPU Firmware: \t 580.159.04
GPU Excluded:\t No
`;

test.each([
  [H200, 12],
  [H200.replace('12', '0'), 0],
  ['', undefined],
  [H200.replace('12', '12 or 13'), undefined],
  [H200.replace('Device Minor: \t 12\n', ''), undefined],
])('the minor number of a GPU', (text, minor) => {
  expect(parseDeviceMinor(text)).toBe(minor);
});
