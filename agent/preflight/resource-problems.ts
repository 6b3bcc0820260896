import { EFA_RESOURCE, GPU_RESOURCE } from '../../rules/manifest/device-resources.ts';
import { gibibytes } from '../../rules/manifest/words.ts';
import type { FieldPath, YamlMap, YamlValue } from '../model.ts';
import { parseQuantity } from '../parse/quantity.ts';
import { isPlaceholder, type SchemaProblem } from './schema-walk.ts';
import { mapAt } from './values.ts';

/** GpuCountMismatch and EfaCountMismatch say it of these, with the instance type at hand. */
const TOLD_BY_RULES = new Set([GPU_RESOURCE, EFA_RESOURCE]);

/** A quantity as it is written, and what it comes to; undefined for one that is none, which its type tells. */
interface Amount {
  readonly text: string;
  readonly value: number | undefined;
  readonly isWritten: boolean;
  readonly isOpen: boolean;
}

/** Requests and limits of one container that do not go together; `path` is of its `resources`. */
export function resourceProblems(resources: YamlMap | undefined, path: FieldPath): readonly SchemaProblem[] {
  const [limits, requests] = [mapAt(resources, 'limits') ?? {}, mapAt(resources, 'requests') ?? {}];
  return [...new Set([...Object.keys(limits), ...Object.keys(requests)])].flatMap((name) => {
    const [limit, request] = [amountOf(name, limits[name]), amountOf(name, requests[name])];
    return isExtended(name) ? deviceProblem(name, limit, request, path) : requestProblem(name, limit, request, path);
  });
}

function amountOf(name: string, written: YamlValue | undefined): Amount {
  const value = parseQuantity(written);
  const text = typeof written === 'string' ? written : value === undefined ? '' : name === 'memory' ? gibibytes(value) : String(value);
  return { text, value: value !== undefined && value >= 0 ? value : undefined, isWritten: written !== undefined, isOpen: isPlaceholder(written) };
}

/** `nvidia.com/gpu`, `rdma/hca`: only whole ones, and as many requested as allowed. */
function deviceProblem(name: string, limit: Amount, request: Amount, path: FieldPath): readonly SchemaProblem[] {
  const part = [{ list: 'limits', ...limit }, { list: 'requests', ...request }].find(({ value }) => value !== undefined && !Number.isInteger(value));
  if (part) return [{ path: [...path, part.list, name], message: `${name} is ${part.text}: such resources are given as a whole, never in parts`, found: part.text, expected: 'a whole number', snippet: undefined }];
  if (TOLD_BY_RULES.has(name) || request.value === undefined || limit.isOpen || limit.value === request.value) return [];
  const said = limit.isWritten ? `limits them to ${limit.text}` : 'sets no limit';
  return [
    {
      path: [...path, 'limits', name],
      message: `requests ${request.text} ${name} and ${said}: the two must be equal for such resources`,
      found: limit.isWritten ? limit.text : 'nothing',
      expected: request.text,
      snippet: `limits:\n  ${name}: ${request.text}`,
    },
  ];
}

function requestProblem(name: string, limit: Amount, request: Amount, path: FieldPath): readonly SchemaProblem[] {
  if (limit.value === undefined || request.value === undefined || request.value <= limit.value) return [];
  return [
    {
      path: [...path, 'requests', name],
      message: `requests ${request.text} of ${name} and limits it to ${limit.text}: a request may not be above its limit`,
      found: request.text,
      expected: `${limit.text} or less, or a higher limit`,
      snippet: undefined,
    },
  ];
}

/** Of a vendor: with a prefix that is not Kubernetes' own. */
function isExtended(name: string): boolean {
  return name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name);
}
