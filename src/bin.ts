/** The executable: hands the words of the call, and the stages that ablate brings, to the command line. */
import { fileURLToPath } from "node:url"
import { main } from "./cli/main.ts"

// Beside src/ in a checkout, and beside dist/src/ in what was built.
const ownStages = fileURLToPath(new URL("../stages/", import.meta.url))

process.exitCode = await main(process.argv.slice(2), ownStages, process.env)
