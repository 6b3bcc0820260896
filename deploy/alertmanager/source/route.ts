/** One message for a fault on many nodes; who is woken goes by severity. */
export const route = {
  receiver: 'chat',
  group_by: ['alertname', 'cluster'],
  // Prometheus evaluates every 30 s: what mutes an alert comes at most that much later than the alert.
  group_wait: '45s',
  group_interval: '5m',
  repeat_interval: '12h',
  routes: [
    { matchers: ['severity="critical"'], receiver: 'pager', repeat_interval: '4h' },
    { matchers: ['severity="warning"'], receiver: 'chat' },
    { matchers: ['severity="info"'], receiver: 'nobody' },
  ],
};

const TEXT = `{{ range .Alerts }}{{ .Annotations.description }}
{{ with .Annotations.check }}\`{{ . }}\`
{{ end }}{{ with .Annotations.runbook_url }}<{{ . }}|what to do>{{ end }} {{ with .Annotations.dashboard_url }}<{{ . }}|dashboard>{{ end }}
{{ end }}`;

/** Secrets lie in files, so that the configuration can be shown and checked in. */
export const receivers = [
  {
    name: 'pager',
    pagerduty_configs: [
      {
        routing_key_file: '/etc/alertmanager/secrets/pagerduty-routing-key',
        description: '{{ .CommonLabels.alertname }} ({{ .Alerts.Firing | len }}) {{ .CommonLabels.cluster }}: {{ .CommonAnnotations.summary }}',
        severity: '{{ .CommonLabels.severity }}',
      },
    ],
  },
  {
    name: 'chat',
    slack_configs: [
      {
        api_url_file: '/etc/alertmanager/secrets/slack-webhook-url',
        channel: '#gpu-nodes',
        send_resolved: true,
        title: '{{ .Status | toUpper }} {{ .CommonLabels.alertname }} ({{ .Alerts | len }}) {{ .CommonLabels.cluster }}: {{ .CommonAnnotations.summary }}',
        text: TEXT,
      },
    ],
  },
  { name: 'nobody' },
];
