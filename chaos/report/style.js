export const style = `:root{color-scheme:light dark;--line:#e5e7eb;--soft:#6b7280;--good:#047857;--bad:#b91c1c;--tile:#f9fafb}
@media(prefers-color-scheme:dark){:root{--line:#374151;--soft:#9ca3af;--good:#34d399;--bad:#f87171;--tile:#1f2937}}
body{font:15px/1.5 system-ui,sans-serif;max-width:1120px;margin:2rem auto;padding:0 1rem}
h2{margin-top:3rem}h1 span,h2 span{font-size:.6em;vertical-align:middle;border:1px solid;border-radius:1em;padding:.1em .6em}
table{border-collapse:collapse;width:100%;font-size:.93em}td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft)}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:700}a{color:inherit}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(105px,1fr));gap:.5rem;margin:1rem 0}
.tile{background:var(--tile);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .7rem;font-size:.82em;color:var(--soft)}
.tile b{display:block;font-size:1.5em;color:CanvasText}.tile b.bad{color:var(--bad)}
.checks{columns:2;column-gap:2rem;margin:.5rem 0}@media(max-width:800px){.checks{columns:1}}
.check{display:grid;grid-template-columns:1fr auto auto 1.2em;gap:.6rem;align-items:baseline;break-inside:avoid;border-bottom:1px solid var(--line);padding:.15rem .2rem;font-size:.88em}
.check i{font-style:normal;color:var(--soft)}.check em{font-style:normal}.failed{background:color-mix(in srgb,var(--bad) 12%,transparent)}
svg{width:100%;font:11px system-ui,sans-serif}svg text{fill:CanvasText}svg .most{fill:var(--soft);font-size:9px}pre{overflow:auto;font-size:.8em}`
