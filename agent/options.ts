import { isIPv4, isIPv6 } from 'node:net';
import { IMDS_URL } from './collectors/imds.ts';
import { Command, InvalidArgumentError, Option } from 'commander';

/** What every command that reads a node takes. */
export interface NodeOptions {
  readonly hostRoot: string;
  readonly capture?: string;
  readonly nvidiaSmi?: string;
  readonly kernelLog?: string;
  readonly nodeIp?: string;
  readonly nodeName?: string;
  readonly kubeconfig?: string;
  /** False: the API server must not be asked. */
  readonly kubernetes?: boolean;
  /** False: not for pods that have no node either. */
  readonly pendingPods?: boolean;
  /** Whether the end of a crashed container's log may be read; logs can hold anything. */
  readonly podLogs?: boolean;
  readonly imdsUrl: string;
  readonly imds: boolean;
  readonly config?: string;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Seconds of `500ms`, `10s`, `2m`, `1h`, or a bare number of seconds. */
export function parseDuration(text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const seconds = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (!(seconds > 0)) throw new InvalidArgumentError('expected a duration such as 500ms, 10s or 2m');
  return seconds;
}

/** Undefined for an IPv6 address, which is what `status.hostIP` gives in an IPv6 cluster: the rules judge the IPv4 one, which is found. */
export function parseAddress(text: string): string | undefined {
  if (isIPv6(text)) return undefined;
  if (!isIPv4(text)) throw new InvalidArgumentError('expected an IPv4 address such as 10.0.3.7');
  return text;
}

/** Of a switch that a variable can turn off as well: `RAILMEDIC_POD_LOGS=false` must not turn it on. */
function parseSwitch(text: string): boolean {
  if (['true', '1', 'yes', 'on'].includes(text.toLowerCase())) return true;
  if (['false', '0', 'no', 'off', ''].includes(text.toLowerCase())) return false;
  throw new InvalidArgumentError('expected true or false');
}

function parseUrl(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) throw new InvalidArgumentError('expected a URL such as http://169.254.169.254');
  return text.replace(/\/+$/, '');
}

/** `127.0.0.1:9477`, `[::1]:9477` or `:9477` (all addresses); `[10.0.3.7]:9477` too, for who does not know which it is. */
export function parseListen(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (!(port <= 65_535)) throw new InvalidArgumentError('expected address:port such as 127.0.0.1:9477');
  return { host: bracketed ?? (plain || '::'), port };
}

const named = (flags: string, description: string, variable: string): Option => new Option(flags, description).env(`RAILMEDIC_${variable}`);

/** Adds the options that every node-reading command takes. */
export function withNodeOptions(command: Command): Command {
  return command
    .addOption(named('--host-root <dir>', "where the node's /sys, /proc, /dev and /etc are seen", 'HOST_ROOT').default('/'))
    .addOption(named('--capture <dir>', 'replay a capture instead of reading this node', 'CAPTURE'))
    .addOption(named('--nvidia-smi <path>', 'the nvidia-smi to run (default: found on PATH, then under the host root)', 'NVIDIA_SMI'))
    .addOption(named('--kernel-log <path>', 'the kernel log, or a socket or pipe that another process copies it to (default: /dev/kmsg under the host root)', 'KERNEL_LOG'))
    .addOption(named('--node-ip <address>', "the node's primary IPv4 address (default: found)", 'NODE_IP').argParser(parseAddress))
    .addOption(named('--node-name <name>', 'the name of the node in reports (default: the host name)', 'NODE_NAME'))
    .addOption(named('--kubeconfig <file>', 'how to reach the API server (default: the service account of this pod, then KUBECONFIG)', 'KUBECONFIG'))
    .addOption(named('--no-kubernetes', 'do not ask the API server', 'NO_KUBERNETES'))
    .addOption(named('--no-pending-pods', 'do not look for pods without a node that would fit this one', 'NO_PENDING_PODS'))
    .addOption(named('--pod-logs [true|false]', 'read the end of the log where a container of a pod with GPUs or EFA crashes (may hold secrets; needs get on pods/log)', 'POD_LOGS').preset('true').argParser(parseSwitch).default(false))
    .addOption(named('--imds-url <url>', 'the EC2 instance metadata service', 'IMDS_URL').default(IMDS_URL).argParser(parseUrl))
    .addOption(named('--no-imds', 'do not ask the instance metadata service', 'NO_IMDS'))
    .addOption(named('--config <file>', 'YAML: thresholds, severities, suppressions', 'CONFIG'))
    .addOption(named('--log-format <format>', 'how the agent logs', 'LOG_FORMAT').choices(['text', 'json']).default('text'))
    .addOption(named('--log-level <level>', 'how much the agent logs', 'LOG_LEVEL').choices(['debug', 'info', 'warn', 'error']).default('info'));
}
