/** The looks of a page: one column of text and figures, light or dark as the reader has it, also on a phone and on paper. */
import { fontStack, palettes, type Theme } from "../chart/theme.ts"

/** Colours of variants as `--v0`, `--v1`, … */
const variantColours = (theme: Theme, count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const palette = palettes[theme]
    return `--v${index}:${palette[index % palette.length]}`
  }).join(";")

/** @param variants how many have a colour */
export const styleOf = (variants: number): string => `
:root{color-scheme:light dark;--ground:#fff;--raised:#f6f7f8;--text:#1d2024;--faint:#5c6269;--rule:#dfe2e6;--strong-rule:#8b9198;--best:#e9f3ee;--accent:#0b5fa5;--warn:#fdf5e3;--warn-rule:#e0a92a;${variantColours("light", variants)}}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--raised:#1d2125;--text:#e6e8ea;--faint:#9ba2a9;--rule:#31363c;--strong-rule:#6a7179;--best:#1b332b;--accent:#7cb8ee;--warn:#2c2718;--warn-rule:#a67f25;${variantColours("dark", variants)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.55 ${fontStack}}
main{max-width:64rem;margin:0 auto;padding:3rem 1.25rem 4rem}
h1{font-size:1.75rem;line-height:1.2;font-weight:650;letter-spacing:-.01em;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.1rem;font-weight:650;margin:0;line-height:1.3}
section{margin-top:2.75rem}
p{margin:.5rem 0;max-width:46rem}
.about{color:var(--faint)}
.lead{font-size:1.06rem}
.lead strong{white-space:nowrap}
.caption{color:var(--faint);font-size:.875rem;line-height:1.45;margin:.4rem 0 0}
.scroll{overflow-x:auto;margin:.9rem 0 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9375rem;border-top:1.5px solid var(--strong-rule);border-bottom:1.5px solid var(--strong-rule)}
th,td{padding:.36rem .7rem;text-align:right;white-space:nowrap;vertical-align:bottom}
th:first-child,td:first-child{padding-left:.25rem}
th.word,td.word{text-align:left}
thead th{font-weight:600;font-size:.8125rem;line-height:1.3;border-bottom:1px solid var(--strong-rule);white-space:normal;min-width:5.5rem}
thead th.word{min-width:0}
thead button{all:unset;cursor:pointer;border-radius:2px}
thead button:hover{color:var(--accent)}
thead th[aria-sort]{box-shadow:inset 0 -2px var(--accent)}
tbody tr+tr td{border-top:1px solid var(--rule)}
td .deviation{color:var(--faint)}
td.best{font-weight:650;background:var(--best)}
td.best .deviation{font-weight:400}
td:first-child{position:sticky;left:0;background:var(--ground)}
.swatch{display:inline-block;width:1.15rem;height:.6rem;vertical-align:baseline;margin-right:.45rem;overflow:visible}
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
.choices{display:inline-flex;border:1px solid var(--rule);border-radius:5px;overflow:hidden}
.choices label{position:relative;cursor:pointer}
.choices input{position:absolute;inset:0;opacity:0;margin:0;cursor:pointer}
.choices span{display:block;padding:.12rem .6rem;color:var(--text)}
.choices label+label span{border-left:1px solid var(--rule)}
.choices input:checked+span{background:var(--raised);box-shadow:inset 0 -2px var(--accent)}
.choices input:focus-visible+span{outline:2px solid var(--accent);outline-offset:-2px}
.legend{display:flex;flex-wrap:wrap;gap:.15rem .35rem;margin:.7rem 0 .3rem;padding:0;list-style:none;font-size:.875rem}
.legend button{font:inherit;color:var(--text);background:none;border:1px solid transparent;border-radius:5px;padding:.1rem .5rem;cursor:pointer}
.legend button:hover{border-color:var(--rule)}
.legend button[aria-pressed=false]{color:var(--faint);text-decoration:line-through}
.legend button[aria-pressed=false] .swatch{opacity:.25}
button:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.figure{position:relative;margin:.5rem 0 0;min-height:240px}
.figure.large{min-height:360px}
.figure .vega{width:100%}
.vega svg{display:block;max-width:100%}
.fallback svg{max-width:100%;height:auto;background:#fff;border-radius:4px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:2.75rem 2.5rem}
.pair>section{min-width:0}
.cursor{position:absolute;width:1px;background:var(--strong-rule);pointer-events:none}
.reading{position:absolute;z-index:2;pointer-events:none;background:var(--ground);border:1px solid var(--rule);border-radius:5px;box-shadow:0 2px 10px #0002;padding:.35rem .6rem;font-size:.8125rem;line-height:1.45;white-space:nowrap;font-variant-numeric:tabular-nums}
.reading b{font-weight:600}
.reading div{display:flex;justify-content:space-between;gap:1.25rem}
[hidden]{display:none!important}
.samples{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr));gap:1.4rem 1.25rem;margin:.9rem 0 0}
.samples.moments{display:block}
.samples.moments .sample+.sample{margin-top:1.4rem}
.sample{margin:0;min-width:0;max-width:32rem}
.sample figcaption{font-size:.875rem;margin-bottom:.35rem}
.sheets{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(9rem,1fr);gap:.75rem;overflow-x:auto}
.sheets div{min-width:0}
.sheets small{display:block;color:var(--faint);font-size:.8125rem}
.sheets img{display:block;width:100%;height:auto;image-rendering:pixelated}
footer{margin-top:3.25rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--faint);font-size:.875rem}
footer p{margin:.35rem 0}
@media (max-width:36rem){main{padding:1.75rem 1rem 3rem}h1{font-size:1.45rem}section{margin-top:2.25rem}.controls{width:100%}}
@media print{main{max-width:none;padding:0}.controls,.reading,.cursor{display:none}section{break-inside:avoid}}
`
