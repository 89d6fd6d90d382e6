/** Tries to take each of N claims once, keeps those that it gets, and says which: `claim-all.ts STORE N`. */
import { sha256 } from "../../../src/base/digest.ts"
import { openStore } from "../../../src/store/store.ts"

const [root = "", count = ""] = process.argv.slice(2)
const { claims } = openStore(root)
process.once("message", () => {
  const numbers = Array.from({ length: Number(count) }, (_, index) => index)
  // Each process in another order, so that they meet everywhere.
  const shift = process.pid % numbers.length
  const order = [...numbers.slice(shift), ...numbers.slice(0, shift)]
  const held = order.filter((number) => claims.take(sha256(`key ${number}`)).held)
  process.send?.(held)
  // Lives on with its claims until it is killed.
  setInterval(() => undefined, 1000)
})
process.send?.("ready")
