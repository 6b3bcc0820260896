import { isIPv4 } from 'node:net';
import { IMDS_URL } from './collectors/imds.ts';
import { Command, InvalidArgumentError, Option } from 'commander';

/** What every command that reads a node takes. */
export interface NodeOptions {
  readonly hostRoot: string;
  readonly capture?: string;
  readonly nvidiaSmi?: string;
  readonly nodeIp?: string;
  readonly nodeName?: string;
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

function parseAddress(text: string): string {
  if (!isIPv4(text)) throw new InvalidArgumentError('expected an IPv4 address such as 10.0.3.7');
  return text;
}

function parseUrl(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) throw new InvalidArgumentError('expected a URL such as http://169.254.169.254');
  return text.replace(/\/+$/, '');
}

/** `127.0.0.1:9477`, `[::1]:9477` or `:9477` (all addresses). */
export function parseListen(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:]+)\]|([^:]*)):(\d{1,5})$/i.exec(text) ?? [];
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
    .addOption(named('--node-ip <address>', "the node's primary IPv4 address (default: found)", 'NODE_IP').argParser(parseAddress))
    .addOption(named('--node-name <name>', 'the name of the node in reports (default: the host name)', 'NODE_NAME'))
    .addOption(named('--imds-url <url>', 'the EC2 instance metadata service', 'IMDS_URL').default(IMDS_URL).argParser(parseUrl))
    .addOption(named('--no-imds', 'do not ask the instance metadata service', 'NO_IMDS'))
    .addOption(named('--config <file>', 'YAML: thresholds, severities, suppressions', 'CONFIG'))
    .addOption(named('--log-format <format>', 'how the agent logs', 'LOG_FORMAT').choices(['text', 'json']).default('text'))
    .addOption(named('--log-level <level>', 'how much the agent logs', 'LOG_LEVEL').choices(['debug', 'info', 'warn', 'error']).default('info'));
}
