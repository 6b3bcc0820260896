import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { counted } from '../words.ts';

export const hugepagesMissing = defineRule({
  name: 'HugepagesMissing',
  title: 'No 2 MiB hugepages are reserved for EFA',
  severity: 'info',
  page: 'rules/host/hugepages-missing.md',
  needs: ['host', 'infiniband'],
  // What EKS's guide reserves: 5128 pages, of which a pod asks for 5120 MiB.
  settings: { recommendedPages: 5128 },
  *check(now, _before, _seconds, settings) {
    const devices = now.infiniband.devices.filter((device) => device.isEfa).length;
    const total = now.host.hugepages2MiTotal;
    if (devices === 0) return;
    if (total === undefined) yield undecided('node', 'cannot read how many 2 MiB hugepages are reserved');
    if (total !== 0) return;
    yield {
      subject: 'node',
      message: `no 2 MiB hugepages are reserved on a node with ${counted(devices, 'EFA device')}`,
      evidence: { hugepages2MiTotal: 0, efaDevices: devices },
      causes: [
        {
          cause: 'not-reserved',
          likelihood: 'likely',
          why: "the node's image or its user data does not reserve them; the EFA device plugin works without",
          check: ['grep HugePages_Total /proc/meminfo', 'cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'],
          fix: [
            `sysctl -w vm.nr_hugepages=${settings.recommendedPages}`,
            `echo vm.nr_hugepages=${settings.recommendedPages} > /etc/sysctl.d/90-hugepages.conf`,
            'systemctl restart kubelet   # it counts hugepages only when it starts',
          ],
        },
      ],
    };
  },
});
