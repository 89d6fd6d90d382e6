/** Writes what each broken pipeline prints to `NAME.expected.txt`: `node test/language/write-expected.ts`, then review. */
import { writeFileSync } from "node:fs"
import {
  brokenNames,
  checkBroken,
  expectedFile,
  expectedText,
  renderBroken,
  testRegistry
} from "./broken.ts"

const registry = testRegistry()
for (const name of brokenNames()) {
  const text = renderBroken(await checkBroken(name, registry))
  if (text === expectedText(name)) continue
  writeFileSync(expectedFile(name), text)
  console.log(`wrote ${name}.expected.txt`)
}
