/**
 * Keys and indices from an object's root: `['spec', 'containers', 0, 'image']`. It goes on inside a text that is YAML
 * itself: `['spec', 'serveConfigV2', 'applications', 0]`.
 */
export type FieldPath = readonly (string | number)[];
export type YamlValue = null | boolean | number | string | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a finding of preflight points to, and what to write there instead. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** `Job/default/grpo-training`; undefined where the file holds no object that can be named. */
  readonly object?: string;
  /** `spec.template.spec.containers[0].env[3]` */
  readonly field?: string;
  /** What stands there now, on one line. */
  readonly found?: string;
  /** What should stand there, on one line. */
  readonly expected?: string;
  /** Corrected YAML, ready to be pasted at the field; lines without indentation of their own. */
  readonly snippet?: string;
}

/** A part of an object, with its place. */
export interface Spot {
  readonly object: ManifestObject;
  readonly path: FieldPath;
  /** More exact than the path where the path is a whole script. */
  readonly position: Position;
}

/** A value that somebody wrote, with its place. */
export interface Setting<T extends YamlValue = YamlValue> extends Spot {
  readonly value: T;
}
export type SettingMap = Readonly<Record<string, Setting>>;

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** `default` where none is written. */
  readonly namespace: string;
  readonly name: string;
  /** `Job/default/grpo-training` */
  readonly id: string;
  /** The same, made unique where several objects of the input share it. The subject of findings begins with it. */
  readonly label: string;
  readonly file: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: YamlMap;
  /** What stands at a path; undefined where nothing does. */
  get(path: FieldPath): YamlValue | undefined;
  /** Where it stands: its key, or the nearest parent that is written. What came through an anchor stands where the anchor is. */
  at(path: FieldPath): Position;
}
