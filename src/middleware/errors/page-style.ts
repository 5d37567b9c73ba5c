/** How the page of development looks, by day and by night. */
export const pageStyle: string = `
:root {
  color-scheme: light dark;
  --ground: #fff; --ink: #1d1f23; --quiet: #676c75; --line: #dcdfe4; --panel: #f6f7f9; --red: #b3261e; --here: #fdecea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #17191d; --ink: #e4e6ea; --quiet: #979da8; --line: #33373f; --panel: #1f2228; --red: #ff8f85; --here: #45262a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header > div { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding: 1.5rem 0 1.25rem; border-bottom: 1px solid var(--line); background: var(--panel); }
header p { margin: 0; color: var(--quiet); overflow-wrap: anywhere; }
h1 { margin: .25rem 0; font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere; white-space: pre-wrap; }
h1 b, h2 b { color: var(--red); }
h2 { margin: 2rem 0 .75rem; font-size: 1.1rem; overflow-wrap: anywhere; white-space: pre-wrap; }
h2 i { color: var(--quiet); font-weight: normal; }
h2 span { font-weight: normal; }
code, pre, .frame > summary, .rest li, .place { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code, .frame > summary, .rest li, .place { font-size: .85rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; background: var(--ground); }
summary { padding: .4rem .75rem; cursor: pointer; overflow-wrap: anywhere; }
.place { padding: .4rem .75rem .4rem 1.95rem; border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; overflow-wrap: anywhere; }
.where { color: var(--quiet); }
.rest > summary, .all > summary { color: var(--quiet); font-size: .85rem; }
.rest ul { margin: 0; padding: 0 .75rem .5rem 1.95rem; list-style: none; color: var(--quiet); overflow-wrap: anywhere; }
pre { margin: 0; padding: .5rem 0; overflow-x: auto; border-top: 1px solid var(--line); background: var(--panel); font-size: .85rem; line-height: 1.55; tab-size: 2; border-radius: 0 0 6px 6px; }
pre > span { display: block; width: max-content; min-width: 100%; padding: 0 .75rem; }
pre i { display: inline-block; width: 3rem; padding-right: 1rem; color: var(--quiet); text-align: right; font-style: normal; user-select: none; }
pre .here { background: var(--here); }
pre .here i { color: var(--red); font-weight: bold; }
pre mark { background: none; color: inherit; border-bottom: 2px solid var(--red); }
pre.plain { padding: .5rem .75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: .85rem; table-layout: fixed; }
th, td { padding: .25rem .75rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr:first-child > * { border-top: 0; }
th { width: 18rem; color: var(--quiet); font-weight: normal; }
.facts { max-width: 40rem; }
footer { margin: 2rem 0; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .85rem; }
@media (max-width: 40rem) { th { width: 40%; } main, header > div { padding: 0 1rem; } }
`;
