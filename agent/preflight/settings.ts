import { commandOptions } from '../parse/command-options.ts';
import type { Command, FieldPath, ManifestObject, Setting, SettingMap, Word } from '../model.ts';
import { isMap } from './values.ts';

/** The entries of the map at a path, each with its place; none where no map stands there. */
export function settingsAt(object: ManifestObject, path: FieldPath): SettingMap {
  const map = object.get(path);
  if (!isMap(map)) return {};
  return Object.fromEntries(Object.keys(map).map((key) => [key, settingAt(object, [...path, key])]).filter((entry): entry is [string, Setting] => entry[1] !== undefined));
}

function settingAt(object: ManifestObject, path: FieldPath): Setting | undefined {
  const value = object.get(path);
  return value === undefined ? undefined : { object, path, position: object.at(path), value };
}

export function numberSetting(object: ManifestObject, path: FieldPath): Setting<number> | undefined {
  const setting = settingAt(object, path);
  return typeof setting?.value === 'number' ? { ...setting, value: setting.value } : undefined;
}

export function booleanSetting(object: ManifestObject, path: FieldPath): Setting<boolean> | undefined {
  const setting = settingAt(object, path);
  return typeof setting?.value === 'boolean' ? { ...setting, value: setting.value } : undefined;
}

export function textSetting(setting: Setting | undefined): Setting<string> | undefined {
  return typeof setting?.value === 'string' ? { ...setting, value: setting.value } : undefined;
}

/** Options among a command's arguments from `begin` on. What is only known at run time is null: written, value unknown. */
export function optionSettings(command: Command, begin: number, short: Readonly<Record<string, string>> = {}): SettingMap {
  const options = commandOptions<Word>(command.words.slice(begin), short);
  return Object.fromEntries(options.map(({ name, value, word }): [string, Setting] => [name, { object: command.object, path: wordPath(word, command), position: word.position, value: value ?? null }]));
}

/** The item of `args` that a word is, where it is one; else the text that holds it. */
function wordPath(word: Word, command: Command): FieldPath {
  return 'path' in word && Array.isArray(word.path) ? (word.path as FieldPath) : command.path;
}
