/** The scalars of metrics as a small table: a row an input, a column a metric. */
import type { AtPoint } from "../../values/aggregate.ts"
import type { Metrics } from "../../values/values.ts"
import { metricTitle } from "../comparison/metric-names.ts"
import { numberText } from "../number-text.ts"
import { escapeHtml } from "../page/html.ts"

export const factsTable = (facts: ReadonlyArray<AtPoint<Metrics>>): string => {
  const names = [...new Set(facts.flatMap(({ value }) => Object.keys(value.scalars)))]
  if (names.length === 0) return `<p class="caption">The metrics have no scalars.</p>`
  const heads = names.map((name) => `<th scope="col">${escapeHtml(metricTitle(name))}</th>`)
  const rows = facts.map(({ label, value: { scalars } }) => {
    const cells = names.map((name) => {
      const number = Object.hasOwn(scalars, name) ? scalars[name] : undefined
      return `<td>${number === undefined ? "–" : numberText(number)}</td>`
    })
    return `<tr><td class="word">${escapeHtml(label)}</td>${cells.join("")}</tr>`
  })
  return `<div class="scroll"><table class="facts">
<thead><tr><th scope="col" class="word">from</th>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>`
}
