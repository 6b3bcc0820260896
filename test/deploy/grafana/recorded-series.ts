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

export { INTERVAL_SECONDS };

function* samples(text: string): Generator<readonly [string, number]> {
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ');
    if (line !== '' && !line.startsWith('#')) yield [line.slice(0, end), Number(line.slice(end + 1))];
  }
}

function labelled(series: string, instance: string): string {
  const target = `job="railmedic",instance="${instance}"`;
  return series.endsWith('}') ? `${series.slice(0, -1)},${target}}` : `${series}{${target}}`;
}
