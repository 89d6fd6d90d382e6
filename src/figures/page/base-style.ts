/** What all pages look like: one column of text and figures, light or dark as the reader has it, also on a phone and on paper. */
import { fontStack } from "../chart/theme.ts"

export const baseStyle = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f6f7f8;--text:#1d2024;--faint:#5c6269;--rule:#dfe2e6;--strong-rule:#8b9198;--best:#e9f3ee;--accent:#0b5fa5;--warn:#fdf5e3;--warn-rule:#e0a92a}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--raised:#1d2125;--text:#e6e8ea;--faint:#9ba2a9;--rule:#31363c;--strong-rule:#6a7179;--best:#1b332b;--accent:#7cb8ee;--warn:#2c2718;--warn-rule:#a67f25}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.55 ${fontStack}}
main{max-width:64rem;margin:0 auto;padding:3rem 1.25rem 4rem}
h1{font-size:1.75rem;line-height:1.2;font-weight:650;letter-spacing:-.01em;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.1rem;font-weight:650;margin:0;line-height:1.3}
section{margin-top:2.75rem}
p{margin:.5rem 0;max-width:46rem}
.about{color:var(--faint)}
.caption{color:var(--faint);font-size:.875rem;line-height:1.45;margin:.4rem 0 0}
.scroll{overflow-x:auto;margin:.9rem 0 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9375rem;border-top:1.5px solid var(--strong-rule);border-bottom:1.5px solid var(--strong-rule)}
th,td{padding:.36rem .7rem;text-align:right;white-space:nowrap;vertical-align:bottom}
th:first-child,td:first-child{padding-left:.25rem}
th.word,td.word{text-align:left}
thead th{font-weight:600;font-size:.8125rem;line-height:1.3;border-bottom:1px solid var(--strong-rule);white-space:normal;min-width:5.5rem}
thead th.word{min-width:0}
tbody tr+tr td{border-top:1px solid var(--rule)}
td:first-child{position:sticky;left:0;background:var(--ground)}
.notes{margin:1.25rem 0 0;padding:.7rem 1rem;background:var(--warn);border-left:3px solid var(--warn-rule);border-radius:2px;font-size:.9375rem}
.notes p{margin:.25rem 0}
details{margin-top:1rem;font-size:.875rem;color:var(--faint)}
summary{cursor:pointer}
dl{margin:.5rem 0 0}
dl div{display:grid;grid-template-columns:minmax(7rem,12rem) 1fr;gap:1rem;padding:.1rem 0}
dt{color:var(--text)}
dd{margin:0}
code{font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.head{display:flex;flex-wrap:wrap;gap:.6rem 1.4rem;align-items:center;justify-content:space-between}
.controls{display:flex;flex-wrap:wrap;gap:.5rem 1.1rem;font-size:.8125rem;color:var(--faint)}
.controls fieldset{display:flex;align-items:center;gap:.5rem;border:0;margin:0;padding:0;min-width:0}
.controls legend{float:left;padding:0}
button:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
[hidden]{display:none!important}
footer{margin-top:3.25rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--faint);font-size:.875rem}
footer p{margin:.35rem 0}
@media (max-width:36rem){main{padding:1.75rem 1rem 3rem}h1{font-size:1.45rem}section{margin-top:2.25rem}.controls{width:100%}}
@media print{main{max-width:none;padding:0}.controls{display:none}section{break-inside:avoid}}
`
