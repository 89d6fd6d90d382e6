/** Another driver process on the store of a test: runs one waiting stage. `node second-driver.ts FOLDER` */
import * as Effect from "effect/Effect"
import { labIn } from "./lab.ts"

const [folder = ""] = process.argv.slice(2)
const lab = labIn(folder)
await Effect.runPromise(
  lab.program({ slow: { uses: "wait", with: { folder, manner: "blocking", value: 4 } } })
)
