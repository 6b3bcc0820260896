import { createHash } from 'node:crypto';

/** The page's only style sheet, inline: a node without a way out must show the page as well. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2127; --soft: #5b6570; --line: #d9dee3; --ground: #fff; --box: #f5f7f9;
  --critical: #b3161b; --warning: #8a5a00; --unknown: #7a2e8e; --ok: #1a6e35; --info: #14568f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7eb; --soft: #9aa5b1; --line: #353c44; --ground: #14181c;
  --box: #1d2228; --critical: #ff7b76; --warning: #f0b541; --unknown: #d79aec; --ok: #62c985; --info: #78b7f0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line);
  padding-bottom: .75rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); }
.verdict { margin-left: auto; font-size: 1.4rem; font-weight: 700; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
article { border: 1px solid var(--line); border-left: 4px solid currentColor; border-radius: 4px; padding: .75rem 1rem;
  margin: 1rem 0; }
article > * { color: var(--ink); }
article h3 { display: flex; flex-wrap: wrap; gap: 0 .75rem; font-size: 1rem; margin: 0; }
article h3 b { color: var(--tone); }
article h3 code { margin-left: auto; color: var(--soft); font-weight: 400; }
.critical { --tone: var(--critical); color: var(--tone); } .warning { --tone: var(--warning); color: var(--tone); }
.unknown { --tone: var(--unknown); color: var(--tone); } .ok { --tone: var(--ok); color: var(--tone); }
.info { --tone: var(--info); color: var(--tone); }
article p, article ul, article ol { margin: .4rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
pre { background: var(--box); border-radius: 4px; padding: .5rem .75rem; margin: .3rem 0; font: 13px/1.5 ui-monospace, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: .4rem 0; } summary { cursor: pointer; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.why { width: 55%; }
.number { text-align: right; white-space: nowrap; }
footer { margin-top: 2rem; color: var(--soft); } a { color: inherit; }
`;

/** The Content-Security-Policy of the page: nothing may be loaded or run, and this one style sheet applies. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
