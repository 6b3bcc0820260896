import { prometheusExporter, type PrometheusExporter } from '../../../exporters/prometheus.ts';
import { INTERVAL_SECONDS, playCapture } from '../../played-capture.ts';

/** Series of promtool: a value every five seconds, `_` where there is none. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

/**
 * What Prometheus would hold of an agent that replays a capture: the exposition of each look, under the labels of a target.
 * Times of the clock are counted from the first look, since promtool begins at 0.
 */
export async function recordedSeries(capture: string, instance: string, seconds: number): Promise<readonly Series[]> {
  const values = new Map<string, string[]>();
  let prometheus: PrometheusExporter | undefined;
  let began = 0;
  let looks = 0;
  await playCapture(capture, {
    seconds,
    exporters: () => [(prometheus = prometheusExporter({ version: '0.0.0', processMetrics: false }))],
    afterLook: (_passed, { takenAt }) => {
      began ||= Date.parse(takenAt) / 1000;
      for (const [series, value] of samples(prometheus?.render().body.toString('utf8') ?? '')) {
        const known = values.get(series) ?? [];
        while (known.length < looks) known.push('_');
        known.push(series.includes('_timestamp_seconds{') ? String(value - began) : String(value));
        values.set(series, known);
      }
      looks += 1;
    },
  });
  return [...values].map(([series, list]) => ({ series: labelled(series, instance), values: list.join(' ') }));
}

/**
 * The same as a rollout leaves it: the old pod until one moment, the new one, which the API server has not told its node group,
 * from a moment before. Series that name a pod of their own are those of either. `from` and `until`: seconds.
 */
export function rolledOut(series: readonly Series[], from: number, until: number): readonly Series[] {
  return series.flatMap((one) => {
    const values = one.values.split(' ');
    if (!one.series.includes(AGENT)) return [one];
    const before = { series: one.series.replace('node_group=""', 'node_group="gpu-p5"'), values: [...values.slice(0, until / INTERVAL_SECONDS), 'stale'].join(' ') };
    const after = { series: one.series.replace(AGENT, AGENT.replace('old', 'new')), values: values.map((value, look) => (look * INTERVAL_SECONDS < from ? '_' : value)).join(' ') };
    return [before, after];
  });
}

export { INTERVAL_SECONDS };

function* samples(text: string): Generator<readonly [string, number]> {
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ');
    if (line !== '' && !line.startsWith('#')) yield [line.slice(0, end), Number(line.slice(end + 1))];
  }
}

/** What a PodMonitor adds; with honorLabels a series that names a pod itself keeps that. */
const AGENT = 'namespace="railmedic",pod="railmedic-old"';

function labelled(series: string, instance: string): string {
  const target = `job="railmedic",instance="${instance}"${/[{,]pod="/.test(series) ? '' : `,${AGENT}`}`;
  return series.endsWith('}') ? `${series.slice(0, -1)},${target}}` : `${series}{${target}}`;
}
