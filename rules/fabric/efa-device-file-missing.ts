import type { Cause, DeviceFiles, InfinibandDevice } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { cannotTell, undecided } from '../rates.ts';

/** A program reaches an EFA through /dev/infiniband/uverbsN alone: without it the device is there and useless. */
export const efaDeviceFileMissing = defineRule({
  name: 'EfaDeviceFileMissing',
  title: 'An EFA device has no file in /dev/infiniband',
  severity: 'critical',
  page: 'rules/fabric/efa-device-file-missing.md',
  needs: ['infiniband'],
  uses: ['device-files'],
  // udev makes the file a moment after the kernel makes the device.
  forSeconds: 15,
  settings: {},
  *check(now) {
    const devices = now.infiniband.devices.filter((device) => device.isEfa);
    const files = now['device-files'];
    if (devices.length === 0) return;
    if (files === undefined) {
      yield undecided('node', '/dev/infiniband and /sys/class/infiniband_verbs were not read');
      return;
    }
    if (!files.devVisible) {
      yield cannotTell('node', "the node's /dev is not seen below the host root: whether its EFA devices have their files is not known");
      return;
    }
    const lacking = devices.filter((device) => !hasFile(device, files));
    const unnamed = files.verbs.filter((file) => file.present && file.device === undefined);
    if (lacking.length <= unnamed.length) return;
    yield {
      subject: 'node',
      message: `no file for ${lacking.length} of ${devices.length} EFA devices: ${lacking.map((one) => describe(one, files)).join('; ')}`,
      evidence: {
        devices: devices.length,
        lacking: lacking.map((device) => device.name),
        files: files.verbs.filter((file) => file.present).map((file) => file.name),
      },
      causes: causesOf(lacking.map((device) => kernelName(device, files))),
    };
  },
});

/** By the name of the verbs interface that the kernel offers for each device, undefined where it offers none. */
function causesOf(names: readonly (string | undefined)[]): readonly Cause[] {
  const none: Cause = {
    cause: 'verbs-module-not-loaded',
    likelihood: names.includes(undefined) ? 'likely' : 'possible',
    why: 'the kernel offers no verbs interface for the device: ib_uverbs is not loaded',
    check: ['lsmod | grep -w ib_uverbs', 'grep . /sys/class/infiniband_verbs/*/ibdev'],
    fix: ['modprobe ib_uverbs'],
  };
  const unmade: Cause = {
    cause: 'device-node-not-made',
    likelihood: names.some((name) => name !== undefined) ? 'likely' : 'possible',
    why: "the kernel offers the interface but nobody made the file: udev did not run, or /dev is not the host's",
    check: ['ls -l /dev/infiniband', 'grep . /sys/class/infiniband_verbs/*/dev'],
    fix: ['udevadm trigger --subsystem-match=infiniband_verbs --action=add', 'udevadm settle'],
  };
  return names.includes(undefined) ? [none, unmade] : [unmade, none];
}

function hasFile(device: InfinibandDevice, files: DeviceFiles): boolean {
  return files.verbs.some((file) => file.device === device.name && file.present);
}

function kernelName(device: InfinibandDevice, files: DeviceFiles): string | undefined {
  return files.verbs.find((file) => file.device === device.name)?.name;
}

function describe(device: InfinibandDevice, files: DeviceFiles): string {
  const name = kernelName(device, files);
  return name === undefined ? `${device.name} (no uverbs)` : `${device.name} (/dev/infiniband/${name} is missing)`;
}
