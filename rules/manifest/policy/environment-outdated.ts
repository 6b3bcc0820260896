import { OTHER_TRANSPORTS, OUTDATED_VARIABLES } from '../outdated-variables.ts';
import { WORDS } from './cel.ts';
import { ALL_KINDS, type ManifestPolicy } from './policy.ts';

/** CEL's regular expressions and those of its test differ in how they say "whatever the case": both compare in lower case. */
const matches = ({ source, flags }: RegExp): string => (flags.includes('i') ? `e.value.lowerAscii().matches('${source.toLowerCase()}')` : `e.value.matches('${source}')`);

const OTHERS = `([c.?image.orValue('')] + c.?env.orValue([]).map(v, v.name) + ${WORDS}.map(w, string(w))).exists(s, s.lowerAscii().matches('${OTHER_TRANSPORTS.source}'))`;
const outdated = (isOfPlugin: boolean): string =>
  OUTDATED_VARIABLES.filter((variable) => (variable.isOfPlugin === true) === isOfPlugin)
    .map(({ name, values }) => (values ? `(e.name == '${name}' && has(e.value) && ${matches(values)})` : `e.name == '${name}'`))
    .join(' || ');
const OUTDATED = `${outdated(false)} || ((${outdated(true)}) && !${OTHERS})`;

export const environmentOutdatedPolicy: ManifestPolicy = {
  rule: 'EnvironmentOutdated',
  page: 'rules/manifest/environment-outdated.md',
  kinds: ALL_KINDS,
  // A command that names the variable may set it to something else.
  faults: `variables.templates.map(t, t.spec.containers.map(c, c.?env.orValue([]).filter(e, (${OUTDATED}) && !${WORDS}.exists(w, string(w).contains(e.name))).map(e, 'container ' + c.name + ' sets ' + e.name).join(', ')).filter(s, s != '').join(', ')).filter(s, s != '').join(', ')`,
  message: 'which today does nothing, or does harm',
  misses: 'what ConfigMaps, scripts and runtime environments of Ray set',
};
