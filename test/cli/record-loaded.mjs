// Preloaded by a test (`node --import`): at the end, writes down every module that was loaded, ours and Node's own.
import { writeFileSync } from "node:fs"
import { registerHooks } from "node:module"

const loaded = []
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  }
})
process.on("exit", () => {
  const file = process.env.ABLATE_TEST_LOADED
  if (file !== undefined)
    writeFileSync(file, JSON.stringify({ loaded, builtin: process.moduleLoadList }))
})
