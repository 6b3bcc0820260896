import type { Cause, Evidence, InfinibandDevice, KernelLog } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { cannotTell, undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { deviceRises, vanishedUndecided } from './counter-rises.ts';
import { unreadablePortCounters } from './unreadable-port-counters.ts';

// dev_err writes the first prefix, ibdev_err (drivers/infiniband/core/device.c) the second.
const KERNEL_PREFIX = /^(?:infiniband (?<device>\S+)|efa (?<address>[0-9a-f:.]+)(?: (?<name>\S+))?): (?<text>.*)$/s;
// efa_com.c: each of these lines goes with closing the queue (EFA_AQ_STATE_RUNNING_BIT cleared) or reports it closed.
const KERNEL_TEXTS = [
  'Admin queue is closed',
  "The device didn't send any completion",
  'The device sent a completion but',
  'Wait for completion (polling) timeout',
  'comp_ctx is NULL',
];
const KERNEL_TEXT_LENGTH = 120;
const DRAIN = 'kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data';

export const efaAdminQueueDead = defineRule({
  name: 'EfaAdminQueueDead',
  title: 'EFA device no longer answers commands',
  severity: 'critical',
  page: 'rules/fabric/efa-admin-queue-dead.md',
  needs: ['infiniband'],
  uses: ['kernel-log'],
  // A command that never completes is counted once, when the queue closes: a short window finds it, and the finding
  // stays for five minutes so that it can be seen. Unreadable counters go on for as long as the queue is dead.
  clearAfterSeconds: 300,
  settings: { windowSeconds: 30, errnos: ['EIO', 'ENODEV', 'ETIME'] },
  *check(now, before, seconds, settings) {
    const closing = closingLines(now['kernel-log']);
    for (const device of now.infiniband.devices) {
      if (!device.isEfa) continue;
      const earlier = before?.infiniband.devices.find((candidate) => candidate.name === device.name);
      const commands = deviceRises(device, earlier, ['no_completion_cmds']);
      const lines = textsOf(device, closing);
      const unreadable = unreadablePortCounters(device);
      const dead = unreadable?.errnos.every((errno) => settings.errnos.includes(errno)) ? unreadable : undefined;
      const lost = commands.by['no_completion_cmds'] ?? 0n;
      const facts: string[] = [];
      if (dead) facts.push(`none of its ${grouped(dead.files)} port counters can be read (${dead.errnos.join(', ')})`);
      if (lost > 0n) {
        facts.push(`${grouped(lost)} ${lost === 1n ? 'command' : 'commands'} never completed in ${grouped(seconds)} s`);
      }
      if (lines[0] !== undefined) facts.push(`the kernel logged "${lines[0]}"`);

      if (facts.length > 0) {
        const evidence: Evidence = {
          ...(device.pciAddress === undefined ? {} : { pciAddress: device.pciAddress }),
          ...(dead ? { unreadableFiles: dead.files, errnos: dead.errnos } : {}),
          ...(lost > 0n ? { no_completion_cmds: lost } : {}),
          ...(lines.length > 0 ? { kernelLog: lines } : {}),
        };
        yield { subject: device.name, message: facts.join('; '), evidence, causes: causes(device, lines) };
      } else if (device.silence !== undefined) {
        yield cannotTell(device.name, device.silence);
      } else if (unreadable) {
        const errnos = unreadable.errnos.join(', ');
        yield cannotTell(device.name, `cannot read its ${grouped(unreadable.files)} port counters: ${errnos}`);
      } else if (commands.gap !== undefined) {
        yield undecided(device.name, commands.gap);
      }
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

interface ClosingLine {
  readonly device: string | undefined;
  readonly address: string | undefined;
  readonly text: string;
}

/** Once for all devices: a flooded log has 20 000 lines. */
function closingLines(log: KernelLog | undefined): readonly ClosingLine[] {
  return (log?.lines ?? []).flatMap((line) => {
    const { device, name = device, address, text } = KERNEL_PREFIX.exec(line.text)?.groups ?? {};
    if (text === undefined || !KERNEL_TEXTS.some((start) => text.startsWith(start))) return [];
    return [{ device: name, address, text: text.slice(0, KERNEL_TEXT_LENGTH) }];
  });
}

function textsOf({ name, pciAddress }: InfinibandDevice, closing: readonly ClosingLine[]): readonly string[] {
  const ours = closing.filter(
    ({ device, address }) => device === name || (address !== undefined && address === pciAddress),
  );
  return [...new Set(ours.map(({ text }) => text))].slice(0, 3);
}

function causes(device: InfinibandDevice, lines: readonly string[]): readonly Cause[] {
  const interruptLost = lines.some((line) => line.startsWith('The device sent a completion'));
  const address = device.pciAddress ?? device.name;
  const card: Cause = {
    cause: 'card-failed',
    likelihood: interruptLost ? 'possible' : 'likely',
    why: 'the card or its firmware stopped answering; the driver closes the queue for good and only a new probe opens it',
    check: [
      `dmesg -T | grep -E 'infiniband ${device.name}|efa ${address}'`,
      `cat /sys/class/infiniband/${device.name}/hw_counters/no_completion_cmds`,
    ],
    fix: [
      DRAIN,
      'aws ec2 terminate-instances --instance-ids "$INSTANCE_ID"   # its node group replaces it, on another machine',
    ],
  };
  const interrupt: Cause = {
    cause: 'interrupt-lost',
    likelihood: interruptLost ? 'likely' : 'possible',
    why: interruptLost
      ? 'the kernel log says that the card completed the command and no MSI-X interrupt arrived'
      : 'the card may have completed the command without its MSI-X interrupt arriving; the kernel log tells the two apart',
    check: [`grep 'efa-mgmnt@pci:${address}' /proc/interrupts`, "dmesg -T | grep 'MSI-X interrupt for admin cmd'"],
    fix: [DRAIN, 'modprobe -r efa && modprobe efa   # as root on the node; ends every job that uses EFA'],
  };
  return interruptLost ? [interrupt, card] : [card, interrupt];
}
