/**
 * What an image's tag tells, as patterns that JavaScript and CEL (RE2) both read: the admission policy of LatestImage takes them too.
 */

/** Ends in a tag; a colon before the last slash belongs to the registry's port. */
export const TAG = ':[A-Za-z0-9_][A-Za-z0-9_.-]*$';

/** What says of a build for whom it is, not which one it is. */
const PLATFORM = '((cu|cuda|py|python|rocm|ubuntu|ubi)[0-9][0-9.]*|cuda|rocm|gpu|cpu|tpu|xpu|x86_64|amd64|arm64|aarch64|slim|alpine|runtime|devel|base|efa)';

/**
 * Words that a registry moves, alone or with platforms: `nightly`, `cu130-nightly`, `nightly-py311-gpu`, `latest-x86_64`. With
 * anything else beside it the word may name one build: vLLM's `nightly-<commit>`, NeMo RL's `nightly-<date>`, `2.9.0-dev`.
 * https://github.com/ray-project/ray/tree/master/docker/ray (Ray version, Python version, platform)
 */
export const MOVING = `:(${PLATFORM}[-_])*(latest|nightly|main|master|dev|develop|edge|stable|canary|unstable|rolling)([-_]${PLATFORM})*$`;

/** `latest` says itself that it moves, whatever stands beside it, such as `latest-jetson-orin` … */
export const LATEST = ':(latest[-_][A-Za-z0-9_.-]*|[A-Za-z0-9_][A-Za-z0-9_.-]*[-_]latest)$';
/** … but for a version, a date or a commit. */
export const FIXED = ':([A-Za-z0-9_.-]*-)?(v?[0-9][0-9.]*|[0-9a-f]{6,40})(-[A-Za-z0-9_.-]*)?$';

/** A variable, a template or a `<TAG>` that something or somebody will fill in. */
export const OPEN = '[$][({A-Z_]|<[^>]*>$|[{][{]|(^|/)_*(PLACEHOLDER|REPLACE_?ME|CHANGE_?ME)[A-Z_]*$';
