/** How the page looks, and what it may do: nothing but look so. */
import { createHash } from "node:crypto";

export const STYLE = `
:root { color-scheme: light dark; --text: #1c2128; --dim: #5b6572; --line: #d9dee5; --ground: #fff; --raised: #f4f6f9;
  --good: #17723b; --odd: #8a5a00; --bad: #b3261e; --bar: #3f7fd6; --under: #e3e8ef; --link: #1257b5; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ee; --dim: #98a3b3; --line: #323a46; --ground: #14181e;
  --raised: #1d232c; --good: #5fca86; --odd: #e0b25b; --bad: #ff8a80; --bar: #5b97e8; --under: #2a323e; --link: #86b6ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.3rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; }
header { display: flex; gap: .5rem 1.5rem; align-items: baseline; flex-wrap: wrap; margin-bottom: 1rem; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
.dim, th { color: var(--dim); font-weight: normal; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th { font-size: .85rem; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.word { white-space: nowrap; }
.code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.target { min-width: 14rem; }
.name { width: 16rem; color: var(--dim); font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { margin: 0; padding: .7rem .9rem; background: var(--raised); border-radius: 6px; white-space: pre-wrap;
  max-height: 30rem; overflow: auto; }
.good { color: var(--good); } .odd { color: var(--odd); } .bad { color: var(--bad); }
.note { padding: .6rem .9rem; background: var(--raised); border-left: 3px solid var(--bad); border-radius: 4px;
  overflow-wrap: anywhere; margin: .5rem 0; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: .6rem 0 1rem; }
.facts div { display: flex; gap: .5rem; } .facts dt { color: var(--dim); } .facts dd { margin: 0; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: .8rem; margin-top: .35rem; border-radius: 3px; background: var(--under); }
rect { fill: var(--bar); }
.bars { width: 60%; min-width: 8rem; }
.times .name { width: auto; }
`;

const styleHash = createHash("sha256").update(STYLE).digest("base64");

/** Nothing is loaded, run or sent, whatever should get into the page. */
export const POLICY: string =
  `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; ` +
  "frame-ancestors 'none'";
