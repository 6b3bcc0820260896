import type { Command, Option } from 'commander';
import { buildProgram } from '../../../agent/program.ts';
import { withNodeOptions } from '../../../agent/options.ts';
import { table } from '../table.ts';

/** Every command with its arguments and options, as the program itself defines them. */
export function commandLine(): readonly string[] {
  const program = buildProgram({ width: 80, colour: false, print() {}, progress() {} }, new AbortController().signal);
  const shared = withNodeOptions(program.createCommand('node')).options;
  const readsNode = ({ options }: Command): boolean => shared.every(({ flags }) => options.some((option) => option.flags === flags));
  return [
    '### Options of all commands that read a node',
    '',
    listed(program.commands.filter(readsNode).map((command) => `\`${command.name()}\``)),
    '',
    ...optionTable(shared),
    '',
    ...program.commands.flatMap((command) => commandSection(command, readsNode(command) ? shared : [])),
  ];
}

function commandSection(command: Command, shared: readonly Option[]): readonly string[] {
  const own = command.options.filter(({ flags }) => !shared.some((option) => option.flags === flags));
  const head = [`### railmedic ${command.name()}`, '', `\`railmedic ${command.name()} ${command.usage()}\`: ${command.description()}.`, ''];
  const words = command.registeredArguments.filter(({ description }) => description !== '').map((one) => `- \`${one.required ? '<' : '['}${one.name()}${one.variadic ? '...' : ''}${one.required ? '>' : ']'}\`: ${one.description}`);
  const more = shared.length > 0 ? ['And the [options of all commands that read a node](#options-of-all-commands-that-read-a-node).', ''] : [];
  return [...head, ...words, ...(words.length > 0 ? [''] : []), ...(own.length > 0 ? [...optionTable(own), ''] : []), ...more];
}

function optionTable(options: readonly Option[]): readonly string[] {
  const rows = options.map((option) => [`\`${option.flags}\``, option.envVar === undefined ? '–' : `\`${option.envVar}\``, standardOf(option), wordsOf(option)]);
  return table(['option', 'environment', 'default', ''], rows);
}

function standardOf({ defaultValue, defaultValueDescription, negate }: Option): string {
  if (negate || defaultValue === undefined) return '–';
  return `\`${defaultValueDescription ?? String(defaultValue)}\``;
}

function wordsOf({ description, argChoices, mandatory }: Option): string {
  return `${description}${argChoices ? `: ${argChoices.join(', ')}` : ''}${mandatory ? ' (must be given)' : ''}`;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}.`;
}
