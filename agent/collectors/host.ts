import { Absent, type Collector } from '../collector.ts';
import { parseMeminfo, parseUptime } from '../parse/meminfo.ts';
import { optionalText } from './optional-text.ts';

const TWO_MIB = '/sys/kernel/mm/hugepages/hugepages-2048kB';

/** Facts of the node's kernel, each of which may be missing; absent when none of them is to be seen. */
export function hostCollector(): Collector<'host'> {
  return {
    name: 'host',
    timeoutSeconds: 5,
    async collect(host) {
      const [bootId, uptime, release, meminfo, total, free] = await Promise.all([
        optionalText(host, '/proc/sys/kernel/random/boot_id'),
        optionalText(host, '/proc/uptime'),
        optionalText(host, '/proc/sys/kernel/osrelease'),
        optionalText(host, '/proc/meminfo'),
        optionalText(host, `${TWO_MIB}/nr_hugepages`),
        optionalText(host, `${TWO_MIB}/free_hugepages`),
      ]);
      if ([bootId, uptime, release, meminfo, total].every((text) => text === undefined)) {
        throw new Absent(`no facts of the kernel below ${host.root} (boot_id, uptime, osrelease, meminfo, hugepages)`);
      }
      const memory = parseMeminfo(meminfo ?? '');
      // The counts in meminfo are of the default page size, which is 1 GiB on some nodes.
      const defaultIs2Mi = memory.get('Hugepagesize') === 2 << 20;
      return {
        bootId: line(bootId),
        uptimeSeconds: parseUptime(uptime),
        kernelRelease: line(release),
        memoryTotalBytes: memory.get('MemTotal'),
        memoryAvailableBytes: memory.get('MemAvailable'),
        hugepages2MiTotal: count(total) ?? (defaultIs2Mi ? memory.get('HugePages_Total') : undefined),
        hugepages2MiFree: count(free) ?? (defaultIs2Mi ? memory.get('HugePages_Free') : undefined),
      };
    },
  };
}

function line(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  return /^[\x21-\x7e]{1,200}$/.test(trimmed) ? trimmed : undefined;
}

function count(text: string | undefined): number | undefined {
  return /^\d{1,15}\s*$/.test(text ?? '') ? Number(text) : undefined;
}
