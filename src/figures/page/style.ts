/** The looks of a comparison: what all pages have, colours of variants, figures and samples. */
import { palettes, type Theme } from "../chart/theme.ts"
import { baseStyle } from "./base-style.ts"

/** Colours of variants as `--v0`, `--v1`, … */
const variantColours = (theme: Theme, count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const palette = palettes[theme]
    return `--v${index}:${palette[index % palette.length]}`
  }).join(";")

/** @param variants how many have a colour */
export const styleOf = (variants: number): string => `${baseStyle}
:root{${variantColours("light", variants)}}
@media (prefers-color-scheme:dark){:root{${variantColours("dark", variants)}}}
.lead{font-size:1.06rem}
.lead strong{white-space:nowrap}
thead button{all:unset;cursor:pointer;border-radius:2px}
thead button:hover{color:var(--accent)}
thead th[aria-sort]{box-shadow:inset 0 -2px var(--accent)}
td .deviation{color:var(--faint)}
td.best{font-weight:650;background:var(--best)}
td.best .deviation{font-weight:400}
.swatch{display:inline-block;width:1.15rem;height:.6rem;vertical-align:baseline;margin-right:.45rem;overflow:visible}
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
.samples{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr));gap:1.4rem 1.25rem;margin:.9rem 0 0}
.samples.moments{display:block}
.samples.moments .sample+.sample{margin-top:1.4rem}
.sample{margin:0;min-width:0;max-width:32rem}
.sample figcaption{font-size:.875rem;margin-bottom:.35rem}
.sheets{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(9rem,1fr);gap:.75rem;overflow-x:auto}
.sheets div{min-width:0}
.sheets small{display:block;color:var(--faint);font-size:.8125rem}
.sheets img{display:block;width:100%;height:auto;image-rendering:pixelated}
@media print{.reading,.cursor{display:none}}
`
