/**
 * The minor number in `/proc/driver/nvidia/gpus/<address>/information` (`Device Minor: <tab> 3`, kernel-open/nvidia/nv-procfs.c);
 * undefined where the text holds none.
 */
export function parseDeviceMinor(text: string): number | undefined {
  const [, minor] = /^Device Minor:\s*(\d{1,3})\s*$/m.exec(text) ?? [];
  return minor === undefined ? undefined : Number(minor);
}
