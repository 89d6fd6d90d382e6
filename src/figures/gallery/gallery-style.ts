/** The looks of a gallery: what all pages have, grids, film strips, anagrams and hybrids. */
import { baseStyle } from "../page/base-style.ts"
import { contentWidth } from "./display-size.ts"
import { frameGap } from "./film-strips.ts"
import { gridGap } from "./image-grid.ts"

export const galleryStyle = `${baseStyle}
main{max-width:calc(${contentWidth}px + 2.5rem)}
h2{overflow-wrap:anywhere}
figure{margin:0;min-width:0}
figcaption,small{font-size:.8125rem;line-height:1.35;overflow-wrap:anywhere}
small{display:block;color:var(--faint)}
.picture{display:block;max-width:100%;height:auto;image-rendering:pixelated}
.picture.smooth{image-rendering:auto}
.grid{display:grid;grid-template-columns:repeat(auto-fill,min(100%,var(--cell)));gap:${gridGap}px;margin:.9rem 0 0}
.grid figcaption{margin-top:.3rem;color:var(--faint)}
.strips{display:grid;gap:.9rem;padding-bottom:.4rem}
.frames{display:grid;grid-template-columns:repeat(var(--frames),var(--frame));gap:${frameGap}px;width:max-content}
.frames small{text-align:center;align-self:end}
.moments{margin-bottom:-.6rem}
.strip figcaption{position:sticky;left:0;width:fit-content;margin-bottom:.3rem}
.pairs,.hybrids{display:flex;flex-wrap:wrap;gap:1.75rem 2.5rem;margin:.9rem 0 0}
.pairs figcaption,.hybrids figcaption{margin-bottom:.35rem}
.pairs figure{max-width:100%}
.readings{display:grid;grid-template-columns:repeat(2,minmax(0,var(--cell)));gap:${gridGap}px}
.readings small{margin-top:.3rem}
.turn{all:unset;display:block;position:relative;cursor:pointer;perspective:75rem}
.turn:disabled{cursor:auto}
.turn:not(:disabled):hover{outline:1px solid var(--strong-rule);outline-offset:2px}
.turn:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.turn .picture{transition:transform .9s ease-in-out,filter .9s ease-in-out,opacity .9s ease-in-out}
.turn[aria-pressed=true] .own{transform:var(--turned,none);filter:var(--filtered,none)}
.turn .over{position:absolute;inset:0;opacity:0}
.turn[aria-pressed=true] .over{opacity:1}
.turned,.turn[aria-pressed=true]+small .upright{display:none}
.turn[aria-pressed=true]+small .turned{display:inline}
.turn-all{font:inherit;color:var(--text);background:none;border:1px solid var(--rule);border-radius:5px;padding:.12rem .6rem;cursor:pointer}
.turn-all[aria-pressed=true]{background:var(--raised);box-shadow:inset 0 -2px var(--accent)}
.sights{display:flex;flex-wrap:wrap;align-items:flex-end;gap:.75rem ${gridGap}px}
.sight{display:block;background:var(--picture) 0 0/100% 100% no-repeat;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.sights small{margin-top:.3rem;white-space:nowrap}
table.facts{width:auto;min-width:min(100%,24rem)}
@media (prefers-reduced-motion:reduce){.turn .picture{transition:none}}
@media print{.hint{display:none}.strip,.pairs figure,.hybrids figure{break-inside:avoid}}
`
