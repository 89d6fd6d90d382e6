#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read too: it has to start before it can say that it cannot.
import { existsSync } from "node:fs"
import module from "node:module"
import { dirname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 11)) {
  process.stderr.write(
    `error: ablate needs Node 24.11 or newer; this is Node ${process.versions.node} (${process.execPath})\n` +
      "hint:  `npx ablate ...` starts it with the Node that `npm install` put beside it\n"
  )
  process.exit(2)
}

// Compiled code, and what is left of TypeScript without its types, is kept between starts.
module.enableCompileCache()

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Node does not strip types below node_modules: an installed ablate was built first.
const isCheckout =
  !root.split(sep).includes("node_modules") && existsSync(join(root, "src", "bin.ts"))
await import(isCheckout ? "../src/bin.ts" : "../dist/src/bin.js")
