/** A project on disk for one test, and the pipeline in it checked. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type CheckRequest, checkPipeline, type CheckResult } from "../../src/language/check.ts"
import type { CheckedPipeline } from "../../src/language/pipeline.ts"
import { renderDiagnostics } from "../../src/language/render-diagnostics.ts"
import { testRegistry } from "./broken.ts"

export const registry = testRegistry()

/** @param files path → text; `photo.txt` is there always */
export const makeProject = (files: { readonly [path: string]: string | Uint8Array }): string => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "ablate-language-")))
  for (const [path, text] of Object.entries({ "photo.txt": "a photo\n", ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

export const check = (
  root: string,
  file: string,
  more: Partial<CheckRequest> = {}
): Promise<CheckResult> =>
  checkPipeline({
    root,
    cwd: root,
    file,
    set: [],
    paramsFiles: [],
    allowedPaths: [],
    registry,
    ...more
  })

/** The pipeline of a text that must be right. */
export const checked = async (
  text: string,
  more: Partial<CheckRequest> = {}
): Promise<CheckedPipeline> => {
  const root = makeProject({ "pipeline.yaml": text })
  return valid(await check(root, "pipeline.yaml", more))
}

export const valid = (result: CheckResult): CheckedPipeline => {
  if (result.pipeline === undefined) {
    throw new Error(renderDiagnostics(result.diagnostics, result.sources, { color: false }))
  }
  return result.pipeline
}

/** `file:line:column code`, for each diagnostic. */
export const places = ({ diagnostics }: CheckResult): ReadonlyArray<string> =>
  diagnostics.map(
    ({ position, code }) => `${position.file}:${position.line}:${position.column} ${code}`
  )
