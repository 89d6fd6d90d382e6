/** Puts values and commits actions until it is killed, saying each key after it is committed: `put-forever.ts STORE SEED`. */
import { writeSync } from "node:fs"
import { digestOf } from "../../../src/base/digest.ts"
import { canonicalJson } from "../../../src/base/json.ts"
import { openStore } from "../../../src/store/store.ts"

const [root = "", seed = ""] = process.argv.slice(2)
const store = openStore(root)
for (let round = 0; ; round++) {
  const recipe = {
    uses: "noise/add",
    params: { seed, round },
    code: digestOf("code", []),
    inputs: {},
    files: {},
    numerics: "v8@13"
  }
  const key = digestOf("action", [canonicalJson(recipe)])
  const claim = store.claims.take(key)
  // Some are small, some have several chunks; every third one is the same in all processes.
  const size = round % 5 === 0 ? 2_500_000 : 1000
  const data = Buffer.alloc(size, round % 3 === 0 ? `shared ${round}` : `${seed} ${round}`)
  const { output, blobs } = await store.values.put({
    type: "File",
    meta: { round },
    files: { data }
  })
  await store.actions.putAll([
    { version: 1, key, recipe, outputs: { out: output }, blobs, seconds: 0.1 }
  ])
  if (claim.held) claim.release()
  writeSync(1, `${key}\n`)
}
