import type { Setting, SettingMap } from '../../agent/model.ts';

/** A number, also one that is written as text; undefined for what is no number, or only known at run time. */
export function numberIn(setting: Setting | undefined): number | undefined {
  if (typeof setting?.value === 'number') return setting.value;
  return typeof setting?.value === 'string' && /^\d+(\.\d+)?$/.test(setting.value) ? Number(setting.value) : undefined;
}

export function textIn(setting: Setting | undefined): string | undefined {
  return typeof setting?.value === 'string' ? setting.value : undefined;
}

/** Written, with a value that only the run knows (`$TP`). */
export function isHidden(setting: Setting | undefined): boolean {
  return setting !== undefined && setting.value === null;
}

/** A configuration file of the user's own: NeMo RL's --config, verl's --config-name, what scripts call it. It may say anything. */
export function hasOwnFile(options: SettingMap): boolean {
  return ['config', 'config_name', 'config_path', 'config_dir', 'config_file'].some((name) => options[name] !== undefined);
}
