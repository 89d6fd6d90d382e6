/** The broken pipelines under `test/fixtures/broken/`, checked as a user would check them there. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { checkPipeline, type CheckResult } from "../../src/language/check.ts"
import { openRegistry } from "../../src/language/open-registry.ts"
import type { StageRegistry } from "../../src/language/registry.ts"
import { renderDiagnostics } from "../../src/language/render-diagnostics.ts"

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url))

export const brokenFolder = join(fixtures, "broken")

export const testRegistry = (): StageRegistry =>
  openRegistry([{ path: join(fixtures, "stages"), own: true }])

export const brokenNames = (): ReadonlyArray<string> =>
  readdirSync(brokenFolder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .toSorted()

/** `#! --set a=1` and `#! --params FILE` at the start of a fixture are its command line. */
const commandLine = (text: string, flag: string): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => {
    const start = `#! ${flag} `
    return line.startsWith(start) ? [line.slice(start.length)] : []
  })

export const checkBroken = async (name: string, registry: StageRegistry): Promise<CheckResult> => {
  const text = readFileSync(join(brokenFolder, `${name}.yaml`), "utf8")
  return checkPipeline({
    root: brokenFolder,
    cwd: brokenFolder,
    file: `${name}.yaml`,
    set: commandLine(text, "--set"),
    paramsFiles: commandLine(text, "--params"),
    allowedPaths: [],
    registry
  })
}

/** The text that a user sees; the folder of this checkout is left out of it. */
export const renderBroken = ({ diagnostics, sources }: CheckResult): string =>
  renderDiagnostics(diagnostics, sources, { color: false }).replaceAll(brokenFolder, "PROJECT")

export const expectedFile = (name: string): string => join(brokenFolder, `${name}.expected.txt`)

export const expectedText = (name: string): string | undefined =>
  existsSync(expectedFile(name)) ? readFileSync(expectedFile(name), "utf8") : undefined
