/** Labs in temporary folders that go with their test. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach } from "vitest"
import { type Lab, labIn } from "./lab.ts"

const folders: Array<string> = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export const openLab = (): Lab => {
  const folder = mkdtempSync(join(tmpdir(), "ablate-run-"))
  folders.push(folder)
  return labIn(folder)
}
