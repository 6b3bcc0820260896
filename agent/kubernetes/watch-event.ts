import { numberOf, objectOf, textOf, type JsonObject } from '../parse/json-value.ts';
import { ApiFailure } from './failure.ts';

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
  readonly version: string | undefined;
}

const TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] as const;

/** A line that is no event: it comes again to whoever goes on from the same place. */
export class UnreadableEvent extends ApiFailure {}

/** Throws ApiFailure for an ERROR event (410 when the place to go on from is too old), UnreadableEvent for a line that is none. */
export function parseWatchEvent(what: string, line: string): WatchEvent {
  let json: JsonObject;
  try {
    json = objectOf(JSON.parse(line));
  } catch (cause) {
    throw new UnreadableEvent(`${what}: got a line of ${line.length} characters that is no JSON, expected an event`, { cause });
  }
  const object = objectOf(json['object']);
  const type = TYPES.find((one) => one === json['type']);
  if (type) return { type, object, version: textOf(objectOf(object['metadata'])['resourceVersion']) };
  const status = numberOf(object['code']);
  const said = textOf(object['message'], 300) ?? `an event of type ${JSON.stringify(json['type'])}`;
  if (status === undefined) throw new UnreadableEvent(`${what}: ${said}`);
  throw new ApiFailure(`${what}: ${said}`, { status });
}
