import { PAGE_POLICY, renderPage, renderWaitingPage } from '../../exporters/page/node-page.ts';
import { reportText } from '../../exporters/report-json.ts';
import type { Report } from '../model.ts';

/** Where the answers come from. */
export interface Sources {
  readonly version: string;
  /** `/metrics`, as the exporter made it at the last report. */
  readonly metrics: () => { readonly contentType: string; readonly body: Buffer };
  /** The last report; undefined before the first look is done. */
  readonly report: () => Report | undefined;
  /** Why the loop is not turning; undefined while it is. */
  readonly health: () => string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const PAGE_HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};
const WAITING = 'the first look at this node is not done yet';

export function answerTo(method: string, url: string, sources: Sources): Answer {
  const route = ROUTES.get(url.split('?', 1)[0] ?? '');
  if (!route) return text(404, `nothing here; there is ${[...ROUTES.keys()].join(' ')}`);
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD', { Allow: 'GET, HEAD' });
  return route(sources);
}

const ROUTES: ReadonlyMap<string, (sources: Sources) => Answer> = new Map([
  ['/', page],
  ['/metrics', ({ metrics }: Sources) => ({ status: 200, headers: {}, ...metrics() })],
  ['/healthz', ({ health }: Sources) => okUnless(health())],
  ['/readyz', ({ report }: Sources) => okUnless(report() ? undefined : WAITING)],
  ['/api/v1/report', json],
]);

function okUnless(reason: string | undefined): Answer {
  return reason === undefined ? text(200, 'ok') : text(503, reason);
}

function text(status: number, words: string, headers: Answer['headers'] = {}): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${words}\n`), headers };
}

function json({ report }: Sources): Answer {
  const last = report();
  if (!last) return text(503, WAITING);
  return { status: 200, contentType: 'application/json; charset=utf-8', body: jsonBodies(last), headers: {} };
}

function page({ report, version }: Sources): Answer {
  const last = report();
  const body = last ? pageBodies(last, version) : Buffer.from(renderWaitingPage(version));
  return { status: last ? 200 : 503, contentType: 'text/html; charset=utf-8', body, headers: PAGE_HEADERS };
}

const jsonBodies = onceFor((report) => reportText(report));
const pageBodies = onceFor((report, version: string) => renderPage(report, version));

/** Rendered at the first request after a report and not again for the same report. */
function onceFor<Rest extends readonly unknown[]>(
  render: (report: Report, ...rest: Rest) => string,
): (report: Report, ...rest: Rest) => Buffer {
  const made = new WeakMap<Report, Buffer>();
  return (report, ...rest) => {
    const body = made.get(report) ?? Buffer.from(render(report, ...rest));
    made.set(report, body);
    return body;
  };
}
