import * as v from 'valibot';

const path = v.pipe(v.string('the absolute path of a file'), v.regex(/^\//, 'the absolute path of a file'));
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** What the exporter itself says of an alert. */
const OWN_LABELS: readonly string[] = ['alertname', 'rule', 'severity', 'node', 'node_group', 'subject', 'uuid'];

const url = v.pipe(
  v.string('a URL, http://alertmanager:9093'),
  v.check((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'a URL, http://alertmanager:9093'),
  // It would stand in every log line.
  v.check((text) => URL.parse(text)?.username === '', 'a URL without name and password: they belong into basicAuth'),
  v.check((text) => !/[?#]/.test(text), 'a URL without ? and #'),
  v.transform((text) => text.replace(/\/+$/, '').replace(/\/api\/v2(\/alerts)?$/, '')),
);

const link = (what: string) =>
  v.pipe(
    v.string(what),
    v.url(what),
    v.transform((text) => text.replace(/\/+$/, '')),
  );

/** `exporters.alertmanager` of the configuration. Secrets are files, read anew at every request, so that they may rotate. */
export const alertmanagerSchema = v.pipe(
  v.strictObject({
    urls: v.pipe(v.array(url, 'a list of URLs, one for each Alertmanager'), v.minLength(1, 'at least one URL'), v.maxLength(16, 'at most 16 URLs')),
    labels: v.optional(
      v.record(
        v.pipe(
          v.string(),
          v.regex(LABEL_NAME, 'a label name of letters, digits and _'),
          v.check((name) => !OWN_LABELS.includes(name), `a label other than ${OWN_LABELS.join(', ')}, which an alert has`),
        ),
        v.pipe(v.string('a text'), v.nonEmpty('a text')),
        'a map of label names to texts',
      ),
      {},
    ),
    runbookBase: v.optional(link('the URL below which rules/ lies')),
    dashboardBase: v.optional(link('the URL of Grafana')),
    refreshSeconds: v.optional(v.pipe(v.number('a number of seconds'), v.minValue(1, 'a second or more')), 60),
    timeoutSeconds: v.optional(v.pipe(v.number('a number of seconds'), v.minValue(0.1, '0.1 or more')), 5),
    basicAuth: v.optional(v.strictObject({ username: v.pipe(v.string('a name'), v.nonEmpty('a name')), passwordFile: path })),
    bearerTokenFile: v.optional(path),
    caFile: v.optional(path),
  }),
  v.check((config) => config.basicAuth === undefined || config.bearerTokenFile === undefined, 'basicAuth or bearerTokenFile, not both'),
  v.check((config) => config.caFile === undefined || config.urls.every((one) => one.startsWith('https:')), 'https URLs, where there is a caFile'),
);

export type AlertmanagerConfig = v.InferOutput<typeof alertmanagerSchema>;
