import * as v from 'valibot';
import { podResourcesSchema, podsSchema } from './recorded.ts';

const path = v.pipe(v.string(), v.regex(/^\/./, 'an absolute path of the node'));
const errno = v.pipe(v.string(), v.regex(/^E[A-Z0-9]+$/, 'an errno name such as EIO'));
const errors = v.record(path, errno);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const look = v.strictObject({
  /** Since the first look. */
  seconds: v.pipe(v.number(), v.minValue(0)),
  /** Gone from this look on, with all below; what the look's own files hold is put there anew. */
  removed: v.optional(v.array(path), []),
  /** Paths that cannot be read while this look is the newest one. */
  errors: v.optional(errors, {}),
});

const exchange = v.strictObject({
  method: v.optional(v.picklist(['GET', 'PUT', 'POST']), 'GET'),
  /** Path and query; the server's name is left out. */
  url: path,
  status: v.optional(v.pipe(v.number(), v.integer())),
  body: v.optional(v.string(), ''),
  /** Instead of an answer. */
  error: v.optional(errno),
});

const command = v.strictObject({
  /** Base name: `nvidia-smi`. */
  program: v.string(),
  args: v.array(v.string()),
  stdout: v.optional(v.string(), ''),
  stderr: v.optional(v.string(), ''),
  exitCode: v.optional(v.pipe(v.number(), v.integer()), 0),
  /** Of a program that runs on and on: what comes after the last recorded sample, all of them again or nothing more. */
  afterwards: v.optional(v.picklist(['again', 'silence']), 'again'),
});

const schema = v.strictObject({
  version: v.literal(1),
  description: v.string(),
  takenAt: v.pipe(v.string(), v.isoTimestamp('an RFC 3339 time')),
  hostname: v.string(),
  looks: v.pipe(v.array(look), v.minLength(1, 'at least one look')),
  /** Paths that cannot be read at any look. */
  errors: v.optional(errors, {}),
  /** Directories without an entry, which git does not keep. */
  emptyDirectories: v.optional(v.array(path), []),
  interfaces: v.optional(
    v.array(
      v.strictObject({
        name: v.string(),
        address: v.string(),
        mac: v.optional(v.string()),
        internal: v.optional(v.boolean(), false),
      }),
    ),
    [],
  ),
  /** None at all: every request times out. */
  http: v.optional(v.array(exchange), []),
  commands: v.optional(v.array(command), []),
  probes: v.optional(v.array(v.strictObject({ path, error: v.optional(errno) })), []),
  /** What the API server and kubelet said, as the collectors handed it over; the same at every look. */
  pods: v.optional(podsSchema),
  podResources: v.optional(podResourcesSchema),
  masked: v.optional(v.array(v.strictObject({ what: v.string(), count })), []),
});

/** What `capture.json` says. */
export type Description = v.InferOutput<typeof schema>;
/** The same with what may be left out left out. */
export type WrittenDescription = v.InferInput<typeof schema>;

/** A directory that cannot be replayed: which file, what stands there, what was expected. */
export class BadCapture extends Error {
  override readonly name = 'BadCapture';
}

/** Throws BadCapture. `file` names the text in the message. */
export function parseDescription(text: string, file: string): Description {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BadCapture(`cannot read ${file}: got ${head(text)}, expected JSON`, { cause });
  }
  const result = v.safeParse(schema, json);
  if (!result.success) {
    const [issue] = result.issues;
    const where = v.getDotPath(issue) ?? 'the whole';
    throw new BadCapture(`cannot read ${file}: ${where}: got ${issue.received}, expected ${expectation(issue)}`);
  }
  checkOrder(result.output.looks, file);
  return result.output;
}

/** Our own wording stands in `message`; valibot's generated messages begin with `Invalid`. */
function expectation(issue: v.BaseIssue<unknown>): string {
  if (issue.message.startsWith('Invalid')) return issue.expected === 'never' ? 'no such key' : (issue.expected ?? 'another value');
  return issue.message;
}

function checkOrder(looks: Description['looks'], file: string): void {
  for (const [index, { seconds }] of looks.entries()) {
    const before = looks[index - 1]?.seconds;
    if (before === undefined ? seconds === 0 : seconds > before) continue;
    const expected = before === undefined ? '0' : `more than ${before}`;
    throw new BadCapture(`cannot read ${file}: looks.${index}.seconds: got ${seconds}, expected ${expected}`);
  }
}

function head(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
