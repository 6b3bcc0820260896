import { isDeepStrictEqual } from 'node:util';

const failed: string[] = [];
let passed = 0;
const begun = performance.now();

export function say(words: string): void {
  console.log(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${words}`);
}

/** One fact that a scene stands on. */
export function check(what: string, got: unknown, expected: unknown): void {
  if (isDeepStrictEqual(got, expected)) {
    passed += 1;
    say(`CHECK ${what} ok`);
  } else {
    failed.push(what);
    say(`CHECK ${what} FAIL: got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
  }
}

/** A scene that threw. */
export function fail(scene: string, error: unknown): void {
  failed.push(scene);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  say(`SCENE ${scene} FAIL: ${String(error)}${cause}`);
}

/** Prints what failed; the exit status of the whole. */
export function verdict(): 0 | 1 {
  for (const what of failed) console.log(`failed: ${what}`);
  say(`${passed} passed, ${failed.length} failed`);
  return failed.length === 0 && passed > 0 ? 0 : 1;
}
