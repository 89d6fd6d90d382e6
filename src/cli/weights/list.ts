/** The pretrained models that there are manifests of, and whether their files are here. */
import { relative } from "node:path"
import { placeOf, type Surroundings } from "../../pretrained/find.ts"
import type { Manifest } from "../../pretrained/manifest.ts"
import { manifestNames, readManifest } from "../../pretrained/manifests.ts"
import { neededFiles, sizeOf } from "../../pretrained/needed-files.ts"
import type { CommandContext } from "../command.ts"
import { bytes } from "../format.ts"
import { table } from "../table.ts"
import { wrap } from "../text.ts"

export interface WeightsRow {
  readonly name: string
  readonly title: string
  readonly usedFor: string
  readonly repository: string
  readonly revision: string
  readonly licence: Manifest["licence"]
  readonly state: "here" | "incomplete" | "missing"
  readonly where: "linked" | "downloaded" | "hub cache" | null
  readonly folder: string | null
  /** Of the files that are here. */
  readonly sizeBytes: number
  /** Files that are not. */
  readonly missing: ReadonlyArray<string>
}

export const weightsRows = (around: Surroundings): ReadonlyArray<WeightsRow> =>
  manifestNames(around.root).map((name) => {
    const manifest = readManifest(name, around.root)
    const place = placeOf(manifest, around)
    const { licence, source, title, usedFor } = manifest
    const missing = place?.missing ?? manifest.files.map(({ path }) => path)
    const folder = place?.folder ?? null
    return {
      name,
      title,
      usedFor,
      repository: source.repository,
      revision: source.revision,
      licence,
      state: place === undefined ? "missing" : missing.length === 0 ? "here" : "incomplete",
      where: place?.where ?? null,
      folder,
      sizeBytes:
        folder === null
          ? 0
          : neededFiles(manifest, folder).reduce(
              (sum, { path }) => sum + (sizeOf(folder, path) ?? 0),
              0
            ),
      missing
    }
  })

export const printWeights = (
  rows: ReadonlyArray<WeightsRow>,
  { cwd, out, verbose }: Pick<CommandContext, "cwd" | "out" | "verbose">
): void => {
  const { style } = out
  const paint = (text: string) =>
    text === "here"
      ? style.green(text)
      : text === "incomplete"
        ? style.yellow(text)
        : style.dim(text)
  const lines = table(
    [
      {},
      { head: "files", paint },
      { head: "size", align: "right" },
      { head: "folder", flexible: true },
      { head: "licence", flexible: true, paint: style.dim }
    ],
    rows.map(({ folder, licence, name, sizeBytes, state, where }) => [
      name,
      state,
      sizeBytes === 0 ? "" : bytes(sizeBytes),
      folder === null
        ? ""
        : `${shorter(folder, cwd)}${where === "downloaded" ? "" : ` (${where})`}`,
      licence.name
    ]),
    out
  )
  for (const line of lines) out.line(line)
  if (!verbose) return
  for (const { licence, missing, name, repository, revision, state, title, usedFor } of rows) {
    out.line()
    out.line(`${style.bold(name)}  ${title}`)
    for (const text of [
      usedFor,
      `from ${repository} at ${revision}`,
      `${licence.name}, ${licence.url}: ${licence.conditions}`,
      ...(state === "incomplete" ? [`missing: ${missing.join(", ")}`] : [])
    ]) {
      out.line(`  ${wrap(text, Math.min(out.columns, 100) - 2, "  ")}`)
    }
  }
}

/** Relative to where the user is, when that is shorter. */
const shorter = (path: string, cwd: string): string => {
  const way = relative(cwd, path)
  return way !== "" && way.length < path.length ? way : path
}
