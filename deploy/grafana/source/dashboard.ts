import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { rulesLink, siblings } from './links.ts';

export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly variables: Builder<VariableModel>[];
  readonly sections: readonly Section[];
}

/** A dashboard whose panels lie in rows of 24 columns, each row open. */
export function dashboard({ uid, title, description, from, variables, sections }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['railmedic', 'gpu', 'efa', 'infiniband'])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from, to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .variables(variables)
    .links([siblings(), rulesLink()]);
  for (const section of sections) {
    builder.withRow(new RowBuilder(section.title));
    for (const panel of section.panels) builder.withPanel(panel);
  }
  return numbered(builder.build());
}

/** Panels by their place: Grafana needs a number for each, and links to a panel name it. */
function numbered(board: Dashboard): Dashboard {
  const panels = (board.panels ?? []).map((panel: Panel | RowPanel, index) => ({ ...panel, id: index + 1 }));
  return { ...board, panels };
}
