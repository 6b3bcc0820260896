import { Absent, type Collector } from '../collector.ts';
import { parseMeminfo, parseUptime } from '../parse/meminfo.ts';
import { HeldText } from './held-text.ts';

const TWO_MIB = '/sys/kernel/mm/hugepages/hugepages-2048kB';

/** Facts of the node's kernel, each of which may be missing; absent when none of them is to be seen. */
export function hostCollector(): Collector<'host'> {
  const files = {
    bootId: new HeldText('/proc/sys/kernel/random/boot_id'),
    uptime: new HeldText('/proc/uptime'),
    release: new HeldText('/proc/sys/kernel/osrelease'),
    meminfo: new HeldText('/proc/meminfo'),
    total: new HeldText(`${TWO_MIB}/nr_hugepages`),
    free: new HeldText(`${TWO_MIB}/free_hugepages`),
  };
  return {
    name: 'host',
    timeoutSeconds: 5,
    async collect(host) {
      const bootId = files.bootId.read(host);
      const uptime = files.uptime.read(host);
      const release = files.release.read(host);
      const meminfo = files.meminfo.read(host);
      const total = files.total.read(host);
      const free = files.free.read(host);
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
    close() {
      for (const file of Object.values(files)) file.close();
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
