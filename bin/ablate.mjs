#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read too: it has to start before it can hand over to a newer one.
import { existsSync, realpathSync } from "node:fs"
import module from "node:module"
import { dirname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Node does not strip types below node_modules: an installed ablate was built first.
const isCheckout =
  !root.split(sep).includes("node_modules") && existsSync(join(root, "src", "bin.ts"))

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 11)) {
  await startWithOwnNode()
} else {
  // Compiled code, and what is left of TypeScript without its types, is kept between starts.
  module.enableCompileCache()
  await import(isCheckout ? "../src/bin.ts" : "../dist/src/bin.js")
}

/** The Node that npm put beside a checkout goes on, wherever ablate was called from. */
async function startWithOwnNode() {
  const name = process.platform === "win32" ? "node.exe" : "node"
  const own = join(root, "node_modules", "node", "bin", name)
  if (!existsSync(own) || realpathSync(own) === realpathSync(process.execPath)) {
    process.stderr.write(
      `error: ablate needs Node 24.11 or newer; this is Node ${process.versions.node} (${process.execPath})\n` +
        (isCheckout
          ? `hint:  \`npm ci\` in ${root} puts one beside it\n`
          : "hint:  after `npm install node@24`, `npx ablate ...` takes that one\n")
    )
    process.exit(2)
  }
  const { spawn } = await import("node:child_process")
  const child = spawn(own, process.argv.slice(1), { stdio: "inherit" })
  // A terminal's Ctrl-C reaches the child by itself, and would count twice if it were passed on.
  process.on("SIGINT", () => undefined)
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
