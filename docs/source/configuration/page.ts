import { configSchema } from '../../../agent/config/parse.ts';
import type { Rule } from '../../../rules/define.ts';
import { RULES } from '../../../rules/index.ts';
import { GENERATED, table } from '../table.ts';
import { commandLine } from './command-line.ts';
import { ENVIRONMENT } from './environment.ts';
import { KEY_WORDS } from './key-words.ts';
import { schemaKeys } from './schema-keys.ts';
import { thresholdWords } from './thresholds.ts';

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  return [...INTRODUCTION, ...commandLine(), ...ENVIRONMENT_WORDS, ...FILE, ...keyTable(), '', ...THRESHOLDS, ...thresholdTable(RULES), ''].join('\n');
}

function keyTable(): readonly string[] {
  const rows = schemaKeys(configSchema).map(({ path, expected, standard, isRequired }) => {
    const otherwise = isRequired ? 'must be given' : standard === undefined ? '–' : `\`${standard}\``;
    return [`\`${path}\``, expected, otherwise, KEY_WORDS[path] ?? ''];
  });
  return table(['key', 'expected', 'default', ''], rows);
}

function thresholdTable(rules: readonly Rule[]): readonly string[] {
  const rows = rules.flatMap(({ name, page, settings }) =>
    Object.entries(settings).map(([key, value]) => [`[${name}](../${page})`, `\`${key}\``, `\`${JSON.stringify(value)}\``, thresholdWords(name, key)]),
  );
  return table(['rule', 'threshold', 'default', ''], rows);
}

const INTRODUCTION = [
  '# Configuration',
  '',
  `Nothing needs to be configured. This page has all that can be: the command line, the environment, the file of \`--config\`. ${GENERATED}`,
  '',
  '## Command line',
  '',
  'Every option with an environment variable can be set by it; the option wins. A `--no-…` is set by its variable with any value, an empty one too.',
  'A duration is `500ms`, `10s`, `2m`, `1h`, or a number of seconds. `railmedic COMMAND --help` says the same.',
  '',
  'Exit status of `diagnose` and `preflight`: 0 nothing fires, 1 a warning, 2 something critical, 3 nothing fires and something could not be seen, or',
  'the call itself was wrong (said on stderr). `info` changes nothing. Of `budget`: 0 it fits, 2 it does not, 3 the call was wrong.',
  '',
];

const ENVIRONMENT_WORDS = [
  '## Environment',
  '',
  'Beside the variables of the options:',
  '',
  ...table(['variable', ''], ENVIRONMENT.map(([name, words]) => [`\`${name}\``, words])),
  '',
];

const FILE = [
  '## The file',
  '',
  '`--config FILE`, YAML, read once at the start. A file with everything in it, to copy from: [railmedic.example.yaml](railmedic.example.yaml). All of it',
  'is optional. An unknown key, rule or threshold ends the program with status 3 and names the line, what was found and the nearest known name:',
  '',
  '```',
  'railmedic: railmedic.yaml:4: unknown threshold packet of FabricOneWayTraffic; did you mean packets?',
  '```',
  '',
  '`railmedic diagnose --config FILE` tells in ten seconds whether a file is good. In the cluster the Helm value `config` holds it.',
  '',
];

const THRESHOLDS = [
  '## Thresholds',
  '',
  'Where a default comes from stands in the page of its rule, or beside it in the code. `rules.<name>.thresholds` changes them; a number stays a number, a list a list.',
  '',
];
