/**
 * Enters a section that only the holder of a claim may be in, again and again: `critical-section.ts STORE FOLDER ROUNDS`.
 * Ends with 1 when somebody else was in it.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { sha256 } from "../../../src/base/digest.ts"
import { openStore } from "../../../src/store/store.ts"

const [root = "", folder = "", rounds = ""] = process.argv.slice(2)
const { claims } = openStore(root)

for (let round = 0; round < Number(rounds); round++) {
  const name = `key ${round % 3}`
  const claim = claims.take(sha256(name))
  if (!claim.held) {
    await sleep(Math.random() * 2)
    continue
  }
  const inside = join(folder, name)
  if (existsSync(inside)) {
    const pid = Number(readFileSync(inside, "utf8") || "0")
    // A killed process leaves its file behind; a living one must not be here.
    if (pid !== 0 && existsSync(`/proc/${pid}`)) {
      process.stderr.write(`${process.pid} met ${pid} in ${name}\n`)
      process.exit(1)
    }
  }
  writeFileSync(inside, String(process.pid))
  await sleep(Math.random() * 2)
  if (readFileSync(inside, "utf8") !== String(process.pid)) {
    process.stderr.write(`${process.pid} was joined in ${name}\n`)
    process.exit(1)
  }
  rmSync(inside)
  claim.release()
}
