/**
 * A comparison as one HTML file that needs nothing else: no network, no other file, not even scripts, though with them the
 * figures can be played with. Equal comparisons give equal bytes.
 */
import type { Json } from "../../base/json.ts"
import { rateChart, testLossChart } from "../chart/epoch-charts.ts"
import { rateData, testLossData } from "../chart/epoch-data.ts"
import {
  type FirstView,
  firstView,
  lossChart,
  type LossView,
  progressTitles
} from "../chart/loss-chart.ts"
import { type LossData, lossData, type Progress } from "../chart/loss-data.ts"
import { compileFigure, svgOf } from "../chart/render.ts"
import type { Figure, Place } from "../chart/spec.ts"
import { configOf, palettes } from "../chart/theme.ts"
import type { Comparison } from "../comparison/comparison.ts"
import { summaryOf } from "../comparison/summary.ts"
import { groupedInteger, listText, numberText } from "../number-text.ts"
import { documentOf } from "./document.ts"
import { codeInScript, escapeHtml, jsonInScript } from "./html.ts"
import { resultTable } from "./result-table.ts"
import { type Samples, samplesOf } from "./samples.ts"
import { pageScript } from "./script.ts"
import { styleOf } from "./style.ts"
import { swatch } from "./swatch.ts"
import { vegaRuntime } from "./vega-runtime.ts"

export interface PageOptions {
  readonly title: string
  /** A sentence or two below the title. */
  readonly description?: string
  /** Rows to average over at first; absent: a fiftieth of the longest run. */
  readonly smoothing?: number
  /** What the horizontal axis counts at first. */
  readonly progress?: Progress
  /** What the values of axes stand for, where their labels are names. */
  readonly meanings?: ReadonlyArray<{
    readonly axis: string
    readonly label: string
    readonly value: Json
  }>
  /** How the page was made, a line each. */
  readonly recipe?: ReadonlyArray<string>
}

export const pageOf = async (comparison: Comparison, options: PageOptions): Promise<string> => {
  const loss = lossData(comparison, options.smoothing)
  const start = firstView(loss, options.progress)
  const drawn = await drawFigures(comparison, loss, start)
  const samples = await samplesOf(comparison)
  const { description, meanings = [], recipe = [], title } = options
  const body = [
    `<header><h1>${escapeHtml(title)}</h1>`,
    description === undefined ? "" : `<p class="about">${escapeHtml(description)}</p>`,
    `<p class="lead">${summaryOf(comparison)
      .map(({ strong, text }) =>
        strong === true ? `<strong>${escapeHtml(text)}</strong>` : escapeHtml(text)
      )
      .join("")
      .replaceAll(" ± ", "\u00A0±\u00A0")
      .trim()}</p></header>`,
    `<section><h2>Results</h2>`,
    resultTable(comparison),
    `<p class="caption">${resultCaption(comparison)}</p>`,
    notesHtml(comparison),
    meaningsHtml(meanings),
    "</section>",
    loss === undefined ? "" : lossSection(comparison, loss, drawn.loss),
    smallFigures(drawn),
    samples === undefined ? "" : samplesSection(comparison, samples),
    footer(comparison, loss, recipe)
  ].filter((part) => part !== "")
  return documentOf({
    title,
    style: styleOf(comparison.variants.length),
    body: body.join("\n"),
    scripts: await scriptOf(comparison, drawn, start),
    evaluates: true
  })
}

interface Drawn {
  /** By scale, for the page. */
  readonly charts: { readonly [scale in "linear" | "log"]?: Figure }
  /** For readers without scripts. */
  readonly fallback: string
}

interface DrawnFigures {
  readonly loss?: Drawn
  readonly rate?: Drawn
  readonly test?: Drawn
}

const drawFigures = async (
  comparison: Comparison,
  loss: LossData | undefined,
  start: FirstView
): Promise<DrawnFigures> => {
  const rates = rateData(comparison)
  const tests = testLossData(comparison)
  const lossAt = (data: LossData, place: Place, scale: LossView["scale"], level = start.level) =>
    lossChart(comparison, data, { ...start, place, scale, level })
  return {
    ...(loss === undefined
      ? {}
      : {
          loss: {
            charts: {
              linear: lossAt(loss, "page", "linear"),
              ...(loss.log === undefined ? {} : { log: lossAt(loss, "page", "log") })
            },
            // Smoothed curves alone: the raw lines are most of a picture's size.
            fallback: await svgOf(
              lossAt({ ...loss, raw: [] }, "alone", start.scale, Math.max(1, start.level))
            )
          }
        }),
    ...(rates.length === 0
      ? {}
      : {
          rate: {
            charts: { linear: rateChart(comparison, rates, "page") },
            fallback: await svgOf(rateChart(comparison, rates, "alone"))
          }
        }),
    ...(tests.length === 0
      ? {}
      : {
          test: {
            charts: {
              linear: testLossChart(comparison, tests, "page", "linear"),
              log: testLossChart(comparison, tests, "page", "log")
            },
            fallback: await svgOf(testLossChart(comparison, tests, "alone", start.scale))
          }
        })
  }
}

const resultCaption = ({ by, metrics, over, same, variants }: Comparison): string =>
  [
    over === undefined || variants.every(({ runs }) => runs.length < 2)
      ? ""
      : `Mean ± standard deviation over ${escapeHtml(over.name)}.`,
    metrics.some(({ direction }) => direction !== undefined)
      ? "↓ lower is better, ↑ higher is better; the best of each column is in bold."
      : "",
    by === undefined || variants.length < 2 ? "" : `Sorted by ${escapeHtml(by.title)}.`,
    same.length === 0
      ? ""
      : `The same in all runs: ${escapeHtml(listText(same.map(({ title, value }) => `${title} ${numberText(value)}`)))}.`
  ]
    .filter((part) => part !== "")
    .join(" ")

const notesHtml = ({ notes }: Comparison): string =>
  notes.length === 0
    ? ""
    : `<div class="notes" role="note">${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join("")}</div>`

const meaningsHtml = (meanings: NonNullable<PageOptions["meanings"]>): string =>
  meanings.length === 0
    ? ""
    : `<details><summary>What the names stand for</summary><dl>${meanings
        .map(
          ({ axis, label, value }) =>
            `<div><dt>${escapeHtml(`${axis} ${label}`)}</dt><dd><code>${escapeHtml(valueText(value))}</code></dd></div>`
        )
        .join("")}</dl></details>`

/** As one writes it in a pipeline, without quotes. */
const valueText = (value: Json): string => {
  if (value === null || typeof value !== "object") return String(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => valueText(item)).join(", ")}]`
  return Object.entries(value)
    .map(([key, item]) => {
      const text = valueText(item)
      return `${key}: ${typeof item === "object" && item !== null && !Array.isArray(item) ? `{ ${text} }` : text}`
    })
    .join(", ")
}

const figureHtml = (id: string, label: string, { fallback }: Drawn, large = false): string =>
  `<div class="figure${large ? " large" : ""}" id="${id}" role="img" aria-label="${escapeHtml(label)}" hidden><div class="vega"></div><div class="cursor" hidden></div><div class="reading" hidden></div></div>
<noscript><div class="fallback">${fallback}</div></noscript>`

const choices = (
  legend: string,
  name: string,
  options: ReadonlyArray<readonly [value: string, text: string]>
): string =>
  options.length < 2
    ? ""
    : `<fieldset><legend>${legend}</legend><div class="choices">${options
        .map(
          ([value, text], index) =>
            `<label><input type="radio" name="${name}" value="${escapeHtml(value)}"${index === 0 ? " checked" : ""}><span>${escapeHtml(text)}</span></label>`
        )
        .join("")}</div></fieldset>`

const progressWords: { readonly [name in Progress]: string } = {
  step: "step",
  epoch: "epoch",
  seconds: "time"
}

const lossSection = (comparison: Comparison, data: LossData, drawn: Drawn | undefined): string => {
  if (drawn === undefined) return ""
  const { variants } = comparison
  const controls = [
    choices(
      "by",
      "progress",
      data.progress.map((name) => [name, progressWords[name]])
    ),
    data.log === undefined
      ? ""
      : choices("scale", "scale", [
          ["linear", "linear"],
          ["log", "log"]
        ]),
    choices("smoothing in steps", "level", [
      ["0", "off"],
      ...data.windows.map((window, index) => [String(index + 1), groupedInteger(window)] as const)
    ]),
    data.windows.length === 0
      ? ""
      : choices("raw lines", "raw", [
          ["1", "on"],
          ["0", "off"]
        ])
  ].join("")
  const legend =
    variants.length < 2
      ? ""
      : `<ul class="legend" hidden>${variants
          .map(
            ({ name }, index) =>
              `<li><button type="button" aria-pressed="true" data-variant="${index}">${swatch(index)}${escapeHtml(name)}</button></li>`
          )
          .join("")}</ul>`
  const several = variants.some(({ runs }) => runs.length > 1)
  const caption = [
    data.windows.length === 0
      ? "Every step."
      : "Faint: every step. Bold: the mean over a window of so many steps, centred.",
    several
      ? `Bands reach from the lowest to the highest run over ${escapeHtml(comparison.over?.name ?? "")}.`
      : "",
    data.linear.cut ? "On the linear scale the highest losses are cut off." : "",
    variants.length < 2 ? "" : "A click on a name hides it, a double click shows it alone."
  ]
  return `<section><div class="head"><h2>Training loss</h2><div class="controls" hidden>${controls}</div></div>
${legend}
${figureHtml("loss", "Training loss of each variant", drawn, true)}
<p class="caption">${caption.filter((part) => part !== "").join(" ")}</p></section>`
}

const smallFigures = ({ rate, test }: DrawnFigures): string => {
  const sections = [
    test === undefined
      ? ""
      : `<section><h2>Test loss</h2>
${figureHtml("test", "Loss on the test images after each epoch", test)}</section>`,
    rate === undefined
      ? ""
      : `<section><h2>Learning rate</h2>
${figureHtml("rate", "Learning rate at each step", rate)}</section>`
  ].filter((section) => section !== "")
  return sections.length === 0 ? "" : `<div class="pair">\n${sections.join("\n")}\n</div>`
}

const samplesSection = (comparison: Comparison, { runs, shortened }: Samples): string => {
  const { over, variants } = comparison
  const values = [...new Set(runs.map(({ run }) => run))]
  const choosable = over !== undefined && values.length > 1
  const controls = choosable
    ? `<div class="controls" hidden>${choices(
        escapeHtml(over.name),
        "run",
        values.map((value) => [value, value])
      )}</div>`
    : ""
  const several = runs.some(({ sheets }) => sheets.length > 1)
  const figures = runs.map(({ run, sheets, variant }) => {
    const name = variants[variant]?.name ?? ""
    const pictures = sheets.map(
      ({ count, height, moment, source, width }) =>
        `<div>${moment === "" ? "" : `<small>${escapeHtml(moment)}</small>`}<img src="${source}" width="${width * 2}" height="${height * 2}" alt="${count} samples of ${escapeHtml(name)}${moment === "" ? "" : `, ${escapeHtml(moment)}`}"></div>`
    )
    return `<figure class="sample" data-run="${escapeHtml(run)}"${choosable && run !== values[0] ? " hidden" : ""}><figcaption>${swatch(variant)}${escapeHtml(name)}</figcaption><div class="sheets">${pictures.join("")}</div></figure>`
  })
  const caption = [
    "Every grid began from the same noise: equal places may be compared.",
    shortened ? "Some samples are left out to keep this page small." : ""
  ]
  return `<section><div class="head"><h2>Samples</h2>${controls}</div>
<p class="caption">${caption.filter((part) => part !== "").join(" ")}</p>
<div class="samples${several ? " moments" : ""}">
${figures.join("\n")}
</div></section>`
}

const footer = (
  { over }: Comparison,
  loss: LossData | undefined,
  recipe: ReadonlyArray<string>
): string => {
  const reading = [
    over === undefined
      ? ""
      : "Deviations are those of a sample (n − 1). Two means whose difference is below the root of the sum of their squared deviations are said to be within the deviation.",
    loss === undefined
      ? ""
      : "Raw lines keep the lowest and the highest loss of each stretch of steps, so no spike is lost."
  ].filter((part) => part !== "")
  return `<footer>${reading.length === 0 ? "" : `<p>${reading.join(" ")}</p>`}${recipe
    .map((line) => `<p><code>${escapeHtml(line)}</code></p>`)
    .join(
      ""
    )}<p>Written by ablate. Figures are Vega-Lite, drawn here by Vega; the file needs no network.</p></footer>`
}

/** Empty when there is nothing to draw. */
const scriptOf = async (
  { variants }: Comparison,
  drawn: DrawnFigures,
  start: FirstView
): Promise<string> => {
  const figures: Record<string, object> = {}
  for (const [name, figure] of Object.entries(drawn)) {
    const { charts } = figure as Drawn
    const specs: Record<string, object> = {}
    for (const [scale, chart] of Object.entries(charts)) specs[scale] = await compileFigure(chart)
    figures[name] = { specs, datasets: charts.linear?.datasets ?? {} }
  }
  const runtime = Object.keys(figures).length === 0 ? undefined : await vegaRuntime()
  const data = {
    start,
    names: variants.map(({ name }) => name),
    palettes,
    themes: { light: configOf("light"), dark: configOf("dark") },
    progressTitles,
    progressWords,
    figures
  }
  return `${
    runtime === undefined
      ? ""
      : `<!--\nThe next script is Vega (https://vega.github.io) with parts of D3 (https://d3js.org, ISC licence, Mike Bostock).\n\n${runtime.licence.replaceAll("--", "- -").trim()}\n-->\n<script>${codeInScript(runtime.code)}</script>\n`
  }<script type="application/json" id="figures">${jsonInScript(data)}</script>
<script>${codeInScript(pageScript)}</script>`
}
