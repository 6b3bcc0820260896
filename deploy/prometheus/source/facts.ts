/** A number that makes a finding's words concrete; PromQL with `%q` for each of `by`. */
interface Fact {
  readonly query: string;
  readonly by: readonly ('cluster' | 'node' | 'uuid')[];
  /** `#` stands for the number in the template language of Prometheus. */
  readonly sentence: string;
}

const NODE = ['cluster', 'node'] as const;
const GPU = ['cluster', 'uuid'] as const;

/** By rule. A finding's own numbers are in the agent's log: as labels they would make a new series at every look. */
const FACTS: Readonly<Record<string, Fact>> = {
  FabricOneWayTraffic: {
    query: 'sum(node:railmedic_infiniband_transmit_packets:rate2m{cluster=%q,node=%q})',
    by: NODE,
    sentence: 'The node sends {{ # | humanize }} packets a second over its fabric.',
  },
  EfaIdleWhileGpusBusy: {
    query: 'max(node:railmedic_gpu_sm_ratio:avg{cluster=%q,node=%q})',
    by: NODE,
    sentence: 'The GPUs of the node are busy {{ # | humanizePercentage }} of the time.',
  },
  EfaImpairedPath: {
    query: 'max(node:railmedic_infiniband_retrans_pkts:ratio2m{cluster=%q,node=%q})',
    by: NODE,
    sentence: 'The node sends {{ # | humanizePercentage }} of its packets again.',
  },
  GpuSpinning: {
    query: 'max(node:railmedic_gpu_power_watts:sum{cluster=%q,node=%q})',
    by: NODE,
    sentence: 'The GPUs of the node draw {{ # | humanize }}W together.',
  },
  GpuThermalSlowdown: {
    query: 'max(railmedic_gpu_temperature_celsius{cluster=%q,uuid=%q})',
    by: GPU,
    sentence: 'It is at {{ # | humanize }} °C.',
  },
  GpuPowerBrake: {
    query: 'max(railmedic_gpu_power_watts{cluster=%q,uuid=%q})',
    by: GPU,
    sentence: 'It draws {{ # | humanize }}W.',
  },
  GpuEccUncorrected: {
    query: 'max(railmedic_gpu_ecc_uncorrected_volatile_errors_total{cluster=%q,uuid=%q})',
    by: GPU,
    sentence: 'It has counted {{ # | humanize }} since its driver was loaded.',
  },
};

/** The rules that have one. */
export const RULES_WITH_FACT: readonly string[] = Object.keys(FACTS);

/** A template that begins with a blank; nothing where the rule has no such number, or the series is not there now. */
export function factOf(rule: string): string {
  const fact = FACTS[rule];
  if (!fact) return '';
  const found = `printf "${fact.query}" ${fact.by.map((label) => `$labels.${label}`).join(' ')} | query`;
  return `{{ with ${found} }} ${fact.sentence.replace('#', '. | first | value')}{{ end }}`;
}
