/**
 * DeepFloyd IF against reference values, from any folder of the fixtures' layout (see the README in them):
 *
 *     npm run parity:if -- [FOLDER]
 *
 * Without a folder, the fixtures beside the checkout. Parts that a folder does not have are listed as absent. The exit code is 1 when
 * a comparison fails, or when there was nothing to compare.
 */
import { existsSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { UserError } from "../../../src/base/user-error.ts"
import { checkout } from "../../support/project.ts"
import { isOk, type Row } from "./check.ts"
import { checks } from "./checks.ts"

const run = async (folder: string): Promise<boolean> => {
  let [compared, failed] = [0, 0]
  for (const { name, needs, rows } of checks) {
    if (!existsSync(path.join(folder, needs))) {
      console.log(`${name}: absent, there is no ${path.join(folder, needs)}`)
      continue
    }
    for (const row of await rows(folder)) {
      compared++
      if (!isOk(row)) failed++
      console.log(line(name, row))
    }
  }
  if (compared === 0) console.log(`${folder} has nothing to compare with`)
  else console.log(`${compared} compared, ${failed} failed`)
  return compared > 0 && failed === 0
}

const line = (name: string, row: Row): string => {
  const { error, tolerance, what } = row
  const numbers = `${error.toExponential(1).padStart(8)}  of ${tolerance.toExponential(0)}`
  return `${isOk(row) ? "ok  " : "FAIL"}  ${numbers}  ${name}  ${what}`
}

const { positionals } = parseArgs({ allowPositionals: true })
const folder = positionals[0] ?? path.join(checkout, "..", "shared", "fixtures", "if")
try {
  process.exitCode = (await run(folder)) ? 0 : 1
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  if (error.hint !== undefined) console.error(error.hint)
  process.exitCode = error.exitCode
}
