import type { Entry } from './ledger.ts';

export interface BodyTimes {
  /** Unix milliseconds when Alertmanager ends what it is not told again. */
  readonly endsMs: number;
  /** Added to every moment: how far the receiver's clock is ahead. */
  readonly offsetMs: number;
  readonly generatorUrl: string | undefined;
}

/** The body of POST /api/v2/alerts (postableAlerts of Alertmanager's api/v2/openapi.yaml). */
export function alertmanagerBody(entries: readonly Entry[], { endsMs, offsetMs, generatorUrl }: BodyTimes): string {
  const moment = (ms: number): string => new Date(ms + offsetMs).toISOString();
  return JSON.stringify(
    entries.map(({ alert, startedMs, endedMs }) => ({
      ...alert,
      startsAt: moment(startedMs),
      endsAt: moment(endedMs ?? endsMs),
      ...(generatorUrl !== undefined && { generatorURL: generatorUrl }),
    })),
  );
}
