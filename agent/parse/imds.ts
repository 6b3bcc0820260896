import type { Interruption } from '../model.ts';
import { isIpv4, isIpv4Cidr } from './cidr.ts';

const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/**
 * An identifier (`sg-0a1b`, `p5.48xlarge`); undefined for anything else. Security group ids end up in commands that a
 * person pastes, so that nothing a shell would read otherwise may pass.
 */
export function parseId(body: string | undefined): string | undefined {
  const text = body?.trim() ?? '';
  return /^[A-Za-z0-9][\w.:-]{0,254}$/.test(text) ? text : undefined;
}

/** A name that people give (placement group): one line of printable ASCII without angle brackets, so never HTML. */
export function parseName(body: string | undefined): string | undefined {
  const text = body?.trim() ?? '';
  return /^[\x20-\x3b=\x3f-\x7e]{1,255}$/.test(text) ? text : undefined;
}

export function parseSmallNumber(body: string | undefined): number | undefined {
  const text = body?.trim() ?? '';
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

export function parseMac(body: string | undefined): string | undefined {
  return parseMacs(body)[0];
}

/** The listing of `network/interfaces/macs/`, whose entries end in a slash. */
export function parseMacs(body: string | undefined): readonly string[] {
  return lines(body)
    .map((line) => line.replace(/\/$/, '').toLowerCase())
    .filter((line) => MAC.test(line));
}

export function parseCidrs(body: string | undefined): readonly string[] {
  return lines(body).filter(isIpv4Cidr);
}

export function parseIpv4s(body: string | undefined): readonly string[] {
  return lines(body).filter(isIpv4);
}

export function parseSecurityGroupIds(body: string | undefined): readonly string[] {
  return lines(body).filter((line) => /^sg-\w{1,64}$/.test(line));
}

/** `spot/instance-action`: `{"action": "terminate", "time": "2026-09-18T08:22:00Z"}`. */
export function parseSpotAction(body: string | undefined): readonly Interruption[] {
  const notice = object(json(body));
  const action = text(notice?.['action']);
  if (action === undefined) return [];
  return [{ kind: 'spot-interruption', action, when: moment(notice?.['time']), detail: undefined }];
}

/** `events/recommendations/rebalance`: `{"noticeTime": "2026-11-05T08:22:00Z"}`, when it was given. */
export function parseRebalance(body: string | undefined): readonly Interruption[] {
  const noticed = moment(object(json(body))?.['noticeTime']);
  if (noticed === undefined) return [];
  return [{ kind: 'rebalance-recommendation', action: undefined, when: undefined, detail: `recommended at ${noticed}` }];
}

/** `events/maintenance/scheduled`: a list, `[]` without events; its times read `21 Jan 2026 09:00:43 GMT`. */
export function parseScheduledEvents(body: string | undefined): readonly Interruption[] {
  const events = json(body);
  if (!Array.isArray(events)) return [];
  return events.flatMap((entry: unknown) => {
    const event = object(entry);
    const action = text(event?.['Code']);
    if (action === undefined || text(event?.['State'])?.toLowerCase() !== 'active') return [];
    const said = [text(event?.['Description']), text(event?.['EventId'])].filter((part) => part !== undefined);
    const detail = said.join(', ') || undefined;
    return [{ kind: 'scheduled-event', action, when: moment(event?.['NotBefore']), detail } as const];
  });
}

function lines(body: string | undefined): readonly string[] {
  return (body ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function json(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? 'null');
  } catch {
    return undefined;
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 300) : undefined;
}

function moment(value: unknown): string | undefined {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}
