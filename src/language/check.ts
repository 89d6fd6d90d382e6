/**
 * From the text of a pipeline to stage instances of which everything is known before they run, or to all that is wrong.
 *
 * Parse → extend and include → override → sections → matrix and parameters → wiring → axes → instances. A file that is
 * no YAML stops there; otherwise every step goes on with what it has and says nothing about what an earlier one reported.
 *
 * This room reads files and imports stage modules; it never runs a stage, and knows no store.
 */
import { basename, extname, relative, resolve, sep } from "node:path"
import type { JsonObject } from "../base/json.ts"
import { placeStages } from "./axes.ts"
import { convertingStages } from "./convert-hint.ts"
import { loadDefinitions, loadWithParts } from "./definitions.ts"
import type { Diagnostic } from "./diagnostic.ts"
import { expand } from "./instances.ts"
import { interpolation } from "./interpolate.ts"
import { loadPipeline } from "./load.ts"
import { axisNames, firstEqual } from "./matrix-axes.ts"
import { type Matrix, readMatrix } from "./matrix.ts"
import { applyOverrides } from "./overrides.ts"
import type { CheckedPipeline } from "./pipeline.ts"
import { readSections, type Sections } from "./pipeline-node.ts"
import type { PointReport } from "./point-reports.ts"
import { collectProblems, type Problems } from "./problems.ts"
import { readStage } from "./read-stages.ts"
import type { StageRegistry } from "./registry.ts"
import { fileParams } from "./source-param.ts"
import type { Source } from "./source.ts"
import { knownUses, wire } from "./wiring.ts"

export type { Source } from "./source.ts"

export interface CheckRequest {
  /** The project's root: files that a pipeline names are relative to it and stay below it. */
  readonly root: string
  readonly cwd: string
  /** Relative to `cwd`, or absolute. */
  readonly file: string
  /** `params.epochs=2` */
  readonly set: ReadonlyArray<string>
  readonly paramsFiles: ReadonlyArray<string>
  /** Folders outside the root whose files a pipeline may name; relative to the root, or absolute. */
  readonly allowedPaths: ReadonlyArray<string>
  readonly registry: StageRegistry
}

export interface CheckResult {
  /** Present exactly when no diagnostic is an error. */
  readonly pipeline?: CheckedPipeline
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** Every text that was read, to show frames of, and to know when to check again. */
  readonly sources: ReadonlyArray<Source>
}

/**
 * @throws UserError when the file itself does not exist or cannot be read
 */
export const checkPipeline = async (request: CheckRequest): Promise<CheckResult> => {
  const { cwd, root, registry } = request
  const problems = collectProblems()
  const permission = { root: resolve(root), allowedPaths: request.allowedPaths }
  const file = resolve(cwd, request.file)
  const loaded = loadPipeline(file, { cwd, permission, problems })
  if (loaded.broken) return finish(problems, loaded.sources)
  const { set, paramsFiles } = request
  const overridden = applyOverrides(loaded.pipeline, { cwd, set, paramsFiles, problems })
  const sources = [...overridden.sources, ...loaded.sources]
  const sections = readSections(overridden.pipeline, problems)

  const declared = axisNames(sections.matrix)
  const values = interpolation({ params: sections.params, axes: declared, problems })
  const params: JsonObject = Object.fromEntries(
    [...sections.params.entries].map(([name, { value }]) => [
      name,
      values.evaluate(value, undefined, problems.error).json
    ])
  )
  const matrix = readMatrix(sections.matrix, { values, problems })

  const written = [...sections.stages.entries].map(([name, entry]) =>
    readStage(name, entry, problems)
  )
  const uses = await knownUses(written, registry, problems)
  const definitions = await loadWithParts(registry, uses)
  const graph = wire({ stages: written, declared: overridden.pipeline, definitions, problems })
  const placed = placeStages({ graph, matrix, declared: new Set(declared), values, problems })
  const name = pipelineName(sections, file, problems)
  if (placed === undefined) return finish(problems, sources)

  const files = fileParams(permission, cwd)
  const { instances, reports } = expand({
    placed,
    matrix,
    values,
    files,
    definitions,
    problems
  })
  await tellReports(reports, registry, problems)
  // What the command line replaces may well have been the only use.
  const replaced = set.some((text) => text.startsWith("stages."))
  if (!replaced && sections.stages.entries.size > 0) {
    warnUnused(sections, matrix, { ...values, own: loaded.sources[0] }, problems)
  }
  if (problems.errorCount() > 0) return finish(problems, sources)
  const pipeline: CheckedPipeline = {
    name,
    description: sections.description,
    file: relative(permission.root, file).split(sep).join("/"),
    params,
    axes: Object.fromEntries(
      matrix.axes.map((axis) => [
        axis.name,
        // A value that a zipped axis repeats is listed once.
        firstEqual(axis).flatMap((first, index) => {
          const { json, label } = axis.values[first]!
          return first === index ? [{ label, value: json }] : []
        })
      ])
    ),
    instances
  }
  return { pipeline, ...finish(problems, sources) }
}

const finish = (problems: Problems, sources: ReadonlyArray<Source>): CheckResult => ({
  diagnostics: problems.list(sources),
  sources
})

const nameForm = /^[\p{L}\p{N}_][\p{L}\p{N}._ -]{0,99}$/u

/** The folder of results is named after it. */
const pipelineName = ({ name }: Sections, file: string, problems: Problems): string => {
  if (name !== undefined && nameForm.test(name.text)) return name.text
  if (name !== undefined) {
    problems.error(
      "bad-name",
      name.at,
      "this cannot be the name of a pipeline: its results get a folder of this name",
      "use letters, digits, spaces, `.`, `_` and `-`"
    )
  }
  const plain = basename(file, extname(file)).replaceAll(/[^\p{L}\p{N}._ -]/gu, "-")
  // A folder `..` would be another one.
  return plain.replace(/^\.+/, "") || "pipeline"
}

/** Stages that convert are looked for only when something does not fit: it takes loading all of them. */
const tellReports = async (
  reports: ReadonlyArray<PointReport>,
  registry: StageRegistry,
  problems: Problems
) => {
  const all = reports.some(({ misfit }) => misfit !== undefined)
    ? await loadDefinitions(registry, [...registry.entries.keys()])
    : new Map<string, never>()
  for (const { code, at, message, hint, misfit } of reports) {
    const stages = misfit === undefined ? [] : convertingStages(misfit, all)
    const insert =
      stages.length === 0
        ? undefined
        : `insert ${stages.map((stage) => `\`${stage}\``).join(" or ")} between them`
    problems.error(code, at, message, hint ?? insert)
  }
}

/** Of the file itself only: one that others build on may offer more than each of them takes. */
const warnUnused = (
  { params }: Sections,
  { axes }: Matrix,
  {
    own,
    usedAxes,
    usedParams
  }: {
    readonly own: Source | undefined
    readonly usedParams: ReadonlySet<string>
    readonly usedAxes: ReadonlySet<string>
  },
  problems: Problems
) => {
  for (const [name, { key }] of params.entries) {
    if (key.source === own && !usedParams.has(name))
      problems.warning(
        "unused-param",
        key,
        `the parameter \`${name}\` is never used`,
        `use it as \`\${params.${name}}\`, or remove it`
      )
  }
  for (const { name, key } of axes) {
    if (key.source === own && !usedAxes.has(name))
      problems.warning(
        "unused-axis",
        key,
        `no stage depends on the axis \`${name}\``,
        `use it as \`\${matrix.${name}}\`, or remove it`
      )
  }
}
