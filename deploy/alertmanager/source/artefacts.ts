import { stringify } from 'yaml';
import { RULES } from '../../../rules/index.ts';
import type { Artefact } from '../../artefact.ts';
import { inhibitions } from './inhibitions.ts';
import { receivers, route } from './route.ts';

const HEAD = `# An example, written by \`npm run generate\` from deploy/alertmanager/source/. Copy it and put your own receivers in it; to go on
# receiving inhibitions for new rules, take \`inhibit_rules\` anew with each version of railmedic.
# It serves alerts of Prometheus (deploy/prometheus/) and those that the agents post themselves alike.
`;

/** An example configuration of Alertmanager. */
export function alertmanagerArtefacts(): readonly Artefact[] {
  const config = { route, inhibit_rules: inhibitions(RULES), receivers };
  return [{ path: 'deploy/alertmanager/alertmanager.yaml', text: HEAD + stringify(config, { lineWidth: 0, aliasDuplicateObjects: false }) }];
}
