/** CEL for the parts that policies share. `c` is a container, `t` a pod template. */

/** Names of the containers, of all templates, for which the condition holds. */
export function containersWhere(condition: string, lists: readonly ('containers' | 'initContainers')[] = ['containers'], templates = 'variables.templates'): string {
  const all = lists.map((list) => (list === 'containers' ? 't.spec.containers' : `t.spec.?${list}.orValue([])`)).join(' + ');
  const of = lists.length === 1 ? all : `(${all})`;
  return `${templates}.map(t, ${of}.filter(c, ${condition}).map(c, 'container ' + c.name).join(', ')).filter(s, s != '').join(', ')`;
}

/** The text where the condition holds for a template. */
export function templatesWhere(condition: string, text: string): string {
  return `variables.templates.filter(t, ${condition}).map(t, ${text}).join(', ')`;
}

/** Whether a container asks for a resource, as text or number; 0 does not count. */
export function asksFor(resource: string, container = 'c'): string {
  const asked = (list: string): string => `string(${container}.?resources.?${list}[?'${resource}'].orValue('0'))`;
  return `(${asked('limits')} != '0' || ${asked('requests')} != '0')`;
}

export const GPUS = asksFor('nvidia.com/gpu');
export const EFA = asksFor('vpc.amazonaws.com/efa');

/** Values of a variable in a container's own `env`: none or one; the last of a name wins, and it is written once. */
export function variableWhere(name: string, condition: string): string {
  return `c.?env.orValue([]).exists(e, e.name == '${name}' && has(e.value) && (${condition}))`;
}

/** command and args as one list. */
export const WORDS = '(c.?command.orValue([]) + c.?args.orValue([]))';
