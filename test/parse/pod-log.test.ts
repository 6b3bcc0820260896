import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { podLogLines, withoutSecrets } from '../../agent/parse/pod-log.ts';

describe('the lines of a log', () => {
  test.each([
    ['empty lines are left out', 'one\n\n  \ntwo\n', ['one', 'two']],
    ['colours, titles and links', '\u001B[1;36m(EngineCore_DP0 pid=212)\u001B[0;0m ERROR\n\u001B]8;;http://x\u0007link\u001B]8;;\u0007 here\n', ['(EngineCore_DP0 pid=212) ERROR', 'link here']],
    ['of a progress bar the last state', 'Loading:  10%|#\rLoading:  90%|####\r\nOSError: x\r\n', ['Loading:  90%|####', 'OSError: x']],
    ['tabs are spaces', '\tat Module._load\n', [' at Module._load']],
    ['a line without an end', 'one\ntwo', ['one', 'two']],
  ])('%s', (_, text, expected) => expect(podLogLines(text)).toEqual(expected));

  test('are the last 200, each of at most 800 characters', () => {
    const lines = podLogLines(`${Array.from({ length: 1000 }, (_, index) => `line ${index}`).join('\n')}\n${'x'.repeat(100_000)}\n`);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([200, 'line 801', `${'x'.repeat(800)}…`]);
  });

  test('whatever is in them, are bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        for (const line of podLogLines(text)) expect(line).toMatch(/^[^\n\r]{1,801}$/u);
      }),
    );
    const hostile = ['\u001B[', 'token', 'password: ', '://a:', 'bearer ', 'eyJ-'].map((part) => part.repeat(60_000)).join('\n');
    expect(podLogLines(hostile)).toHaveLength(6);
  });
});

describe('secrets', () => {
  test.each([
    ['HF_TOKEN=hf_aBcDeFgHiJkLmNoPqRsTuVwX', 'HF_TOKEN=***'],
    ['using hf_aBcDeFgHiJkLmNoPqRsTuVwX for it', 'using *** for it'],
    ["{'Authorization': 'Bearer abc.def-ghi_jkl'}", "{'Authorization': 'Bearer ***'}"],
    ['AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE', 'AWS_ACCESS_KEY_ID=***'],
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'AWS_SECRET_ACCESS_KEY=***'],
    ['redis://ray:correct-horse@head:6379', 'redis://ray:***@head:6379'],
    ['"wandb_api_key": "0123456789abcdef"', '"wandb_api_key": "***"'],
    ['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl', '***'],
  ])('%s', (text, shown) => expect(withoutSecrets(text)).toBe(shown));

  test.each([
    'GPU KV cache size: 49,152 tokens',
    "max_num_batched_tokens=8192, tokenizer='meta-llama/Llama-3.1-8B', eos_token_id=128001",
    'If this is a private repository, make sure to pass a token having permission to this repo',
    "bos_token='<|begin_of_text|>'",
    'http://10.0.3.7:8000/health',
  ])('%s holds none', (text) => expect(withoutSecrets(text)).toBe(text));
});
